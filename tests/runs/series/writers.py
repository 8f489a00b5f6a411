"""Run by test_postgres.py: on SQLite there is one writer at a time anyway."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from runs import series
from runs.models import Project, Run
from tests.runs.series.tools import KEY, events


@pytest.mark.django_db(transaction=True)
def test_two_writers(small_limits):
    assert connection.vendor == "postgresql"
    run = Run.objects.create(project=Project.objects.create(name="P", slug="p"), name="r")

    def write(writer: int) -> None:
        try:
            for i in range(60):
                step = 2 * i + writer
                series.append(run.id, 1, events([step, step], [step, -step]))
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, (0, 1)))
    (data,) = series.read([run.id], [KEY])
    summary = series.summaries([run.id])[run.id][KEY]
    assert data.step.tolist() == [step for step in range(120) for _ in (0, 1)]
    assert (summary.count, summary.last_step, summary.max, summary.min) == (240, 119, 119, -119)
    assert series.check() == []
