"""Changed bytes on the disk are noticed, said, and cost only the points they held."""

import pytest
from django.core.management import call_command

from runs import series
from runs.models import Chunk, PendingPoints
from tests.runs.series.tools import KEY, events

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("small_limits")]


def change_a_byte(row, field="data"):
    stored = bytearray(getattr(row, field))
    stored[len(stored) // 2] ^= 1
    setattr(row, field, bytes(stored))
    row.save()


@pytest.fixture
def filled(run):
    series.append(run.id, 1, events(range(60), [0.5] * 60))
    series.append(run.id, 1, events(range(60, 65), [0.5] * 5))
    assert Chunk.objects.count() > 1
    assert PendingPoints.objects.count() == 1
    return run


def test_a_sound_store_is_said_to_be_sound(filled, capsys):
    call_command("check_store")
    assert "as they were written" in capsys.readouterr().out


def test_a_damaged_chunk_is_named_and_ends_the_command_with_1(filled, capsys):
    chunk = Chunk.objects.first()
    change_a_byte(chunk)
    with pytest.raises(SystemExit) as ended:
        call_command("check_store", filled.id)
    assert ended.value.code == 1
    out = capsys.readouterr().out
    assert filled.id in out
    assert KEY in out
    assert f"chunk {chunk.id}: {chunk.count} points" in out
    call_command("check_store", "another-run")


def test_damaged_pending_points_are_named(filled):
    change_a_byte(PendingPoints.objects.get())
    (damage,) = series.check([filled.id])
    assert (damage.run, damage.key, damage.points) == (filled.id, "", 5)


def test_a_wrong_count_is_noticed(filled):
    Chunk.objects.filter(id=Chunk.objects.first().id).update(count=3)
    (damage,) = series.check()
    assert "15 points are stored where 3 were written" in damage.problem


def test_a_read_says_how_many_points_are_missing_and_gives_the_others(filled):
    chunk = Chunk.objects.first()
    change_a_byte(chunk)
    change_a_byte(PendingPoints.objects.get())
    (data,) = series.read([filled.id], [KEY])
    assert data.damaged == chunk.count + 5
    assert data.count == len(data.y) == 60 - chunk.count


def test_damaged_points_do_not_keep_further_points_out(filled):
    change_a_byte(PendingPoints.objects.get())
    change_a_byte(Chunk.objects.first())
    for step in range(65, 265):
        series.append(filled.id, 1, events([step], [1.0]))
    series.rewind(filled.id, 200, attempt=2)
    series.compact(filled.id)
    (data,) = series.read([filled.id], [KEY], x_range=(65, None))
    assert data.step.tolist() == list(range(65, 201))
    assert len(series.check([filled.id])) == 2
