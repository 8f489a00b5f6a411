"""Space of what was deleted goes back to the file system; what a killed server left in pieces is packed."""

import os
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async
from django.db import connection

from runs import series, upkeep
from runs.launch import delete_run
from runs.models import ConsoleBlock, PendingPoints, Run
from runs.states import State
from trainer_bridge.protocol import Metrics

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def runs_dir(settings, tmp_path):
    settings.RUNS_DIR = tmp_path / "runs"
    settings.RUNS_DIR.mkdir()


@pytest.fixture
def no_thresholds(monkeypatch):
    monkeypatch.setattr(upkeep, "WORTHWHILE", 1_000_000)
    monkeypatch.setattr(upkeep, "RESERVE", 100_000)


def size_of_database() -> int:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        cursor.fetchall()
    return Path(connection.settings_dict["NAME"]).stat().st_size


async def test_deleting_a_run_makes_the_database_file_smaller(make_run, runs_dir, no_thresholds):
    def fill():
        run = make_run(State.FINISHED)
        for first in range(10):
            text = os.urandom(500_000).hex()
            ConsoleBlock.objects.create(
                run=run, attempt=1, source="trainer", first=first, count=1, lines=[[1.0, "stdout", text]]
            )
        return run, size_of_database()

    run, full = await sync_to_async(fill)()
    await sync_to_async(delete_run)(run)
    assert await sync_to_async(size_of_database)() == full
    await upkeep.keep_up()
    assert await sync_to_async(size_of_database)() < full - 8_000_000


def test_a_little_free_space_is_left_for_what_comes():
    assert not upkeep.give_back_space()


async def test_what_a_killed_server_left_in_pieces_is_packed_once(make_run, runs_dir):
    def log():
        runs = make_run(State.FINISHED), make_run(State.RUNNING)
        for run in runs:
            for step in range(5):
                series.append(run.pk, 1, [Metrics(step=step, time=1.0, values={"train/loss": 1.0})])
        return runs

    ended, active = await sync_to_async(log)()
    await upkeep.keep_up()
    assert await sync_to_async(rows_of)(ended) == 1
    assert await sync_to_async(rows_of)(active) == 5
    assert await sync_to_async(upkeep.runs_in_pieces)() == []


def rows_of(run: Run) -> int:
    return PendingPoints.objects.filter(run=run).count()
