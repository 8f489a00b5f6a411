"""Checksums: taken once, compared on demand, and what is told of a checkpoint that changed."""

from datetime import timedelta

import pytest
from django.utils import timezone

from runs.checkpoints import checking
from runs.checkpoints.rank import state_of
from runs.checkpoints.register import register, verify
from runs.models import Checkpoint
from tests.runs.checkpoints.folders import event, new_run, write_checkpoint

pytestmark = pytest.mark.django_db
ZEROS = "ad7facb2586fc6e966c004d7d1d16b024f5805ff7cb47c7a85dabd8b48892ca7"  # sha256sum of 4,096 zero bytes


@pytest.fixture
def saved(runs_dir):
    """saved(step) → (row, folder) of a checkpoint that was just registered."""
    run = new_run()

    def make(step=40):
        folder = write_checkpoint(runs_dir / run.pk / "checkpoints" / f"checkpoint-{step}", step)
        return register(run.pk, 1, event(step)), folder

    return make


def again(row):
    return Checkpoint.objects.get(pk=row.pk)


def test_checksums_are_taken_after_it_was_registered(saved):
    row, folder = saved()
    (folder / "extra.txt").write_bytes(bytes(4096))
    assert state_of(again(row)) == "complete"
    assert checking.check_next()
    found = again(row)
    assert found.sha256["extra.txt"] == ZEROS
    assert set(found.sha256) == {path.name for path in folder.iterdir()} == {name for name, _ in found.files}
    assert state_of(found) == "verified"
    assert found.check_at is None
    assert not checking.check_next()


def test_one_changed_byte_is_told_and_stays_told_until_it_is_put_right(saved):
    row, folder = saved()
    checking.check_next()
    weights = folder / "model.safetensors"
    whole = weights.read_bytes()
    weights.write_bytes(whole[:-1] + b"\1")
    assert verify(again(row)) == ""  # headers and lengths are right
    checking.ask_for_check(row)
    checking.check_next()
    damaged = again(row)
    assert damaged.problem == "model.safetensors is not what was saved: its checksum is another"
    assert state_of(damaged) == "damaged"
    assert verify(damaged) == damaged.problem
    weights.write_bytes(whole)
    checking.ask_for_check(row)
    checking.check_next()
    assert state_of(again(row)) == "verified"


def test_a_file_of_another_length_is_told_before_each_use(saved):
    row, folder = saved()
    checking.check_next()
    config = folder / "preprocessor_config.json"
    config.write_bytes(config.read_bytes() + b" ")
    assert verify(again(row)) == "preprocessor_config.json is not what was saved: its length is another"


def test_a_file_deleted_by_hand_and_a_whole_folder(saved):
    row, folder = saved()
    checking.check_next()
    (folder / "preprocessor_config.json").unlink()
    assert (
        verify(again(row)) == "preprocessor_config.json is missing"
    )  # before each use, not only when all is read
    assert checking.check(again(row)) == "preprocessor_config.json is missing"
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    assert checking.check(again(row)) == "its folder is not on this machine"
    assert state_of(again(row)) == "damaged"


def test_who_was_killed_while_reading_leaves_it_to_the_next(saved, monkeypatch):
    saved()
    monkeypatch.setattr(checking, "check", lambda checkpoint: None)
    assert checking.check_next()
    assert not checking.check_next()
    assert checking.check_next(timezone.now() + checking.LEASE + timedelta(seconds=1))


def test_saved_again_while_it_was_read_is_read_again(saved, runs_dir):
    row, _ = saved()
    former = again(row)
    register(row.run_id, 2, event(40, time=1.8e9))
    checking.check(former)
    assert again(row).sha256 == {}
    assert again(row).check_at is not None
