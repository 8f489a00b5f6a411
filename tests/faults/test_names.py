"""A training that makes up a new metric name with every value, as one does that puts a step or an id into the name."""

import psutil
import pytest

from runs import series
from runs.models import RunWarning, Series
from tests.faults.conftest import KEY, assert_all_there_once
from trainer_bridge.protocol import Metrics
from trainer_bridge.values import MAX_NAMES

NAMES = 1_000_000
#: What one event brings.
TOGETHER = 2_000
#: MB that the server may hold afterwards; without a limit the names alone would take more.
MOST_MEMORY = 300

pytestmark = [pytest.mark.slow_faults, pytest.mark.faults]


def test_a_million_names_leave_a_bounded_number_and_all_that_was_there(web, sending):
    sent = sending()
    sent.log(*range(100))
    assert sent.client.flush(30)
    for first in range(0, NAMES, TOGETHER):
        values = {f"sample/{n}": float(n) for n in range(first, first + TOGETHER)}
        sent.client.emit(Metrics(step=100 + first, time=2000.0, values=values))
    sent.log(*range(100, 200))  # a known name goes on
    assert sent.client.flush(300)
    assert_all_there_once(sent)
    names = set(Series.objects.filter(run=sent.run).values_list("key", flat=True))
    assert names == {KEY, *(f"sample/{n}" for n in range(MAX_NAMES - 1))}
    last = series.summaries([sent.run.pk], [f"sample/{MAX_NAMES - 2}"])[sent.run.pk]
    assert [found.count for found in last.values()] == [1]
    assert "beyond the most a run can have" in RunWarning.objects.get(run=sent.run).text
    assert psutil.Process(web.pid).memory_info().rss / 1e6 < MOST_MEMORY
