import math

import pytest

from runs.checkpoints.files import CheckpointRefused
from runs.checkpoints.register import register, verify
from runs.models import Checkpoint
from tests.runs.checkpoints.folders import event, new_run, write_checkpoint
from trainer_bridge.protocol import CheckpointFile

pytestmark = pytest.mark.django_db


def test_register_stores_files_metrics_and_state(runs_dir):
    run = new_run()
    folder = write_checkpoint(runs_dir / run.pk / "checkpoints" / "checkpoint-40", 40)
    checkpoint = register(
        run.pk, 2, event(40, metrics={"eval/accuracy": 0.5, "eval/loss": math.nan}, epoch=1.5)
    )
    checkpoint.refresh_from_db()
    assert (checkpoint.attempt, checkpoint.step, checkpoint.epoch, checkpoint.problem) == (2, 40, 1.5, "")
    assert checkpoint.metrics == {"eval/accuracy": 0.5, "eval/loss": "NaN"}
    assert checkpoint.files == [[path.name, path.stat().st_size] for path in sorted(folder.iterdir())]
    assert checkpoint.size == sum(size for _, size in checkpoint.files)


def test_register_of_a_folder_elsewhere_keeps_what_the_run_said(runs_dir):
    checkpoint = register(new_run().pk, 1, event(40, files=[CheckpointFile("model.safetensors", 7)]))
    assert checkpoint.size == 7
    assert checkpoint.problem == "stays where it was trained"
    assert checkpoint.check_at is None


def test_step_saved_again_replaces_the_former(runs_dir):
    run = new_run()
    first = register(run.pk, 1, event(40, metrics={"eval/accuracy": 0.5}))
    again = register(run.pk, 2, event(40, metrics={"eval/accuracy": 0.6}))
    assert again.pk == first.pk
    assert Checkpoint.objects.get().metrics == {"eval/accuracy": 0.6}


def test_checkpoints_that_were_rotated_away_are_deleted(runs_dir):
    run, other = new_run(), new_run()
    register(other.pk, 1, event(20))
    for step in (20, 40):
        register(run.pk, 1, event(step, kept=[20, 40]))
    register(run.pk, 1, event(60, kept=[40]))
    assert list(run.checkpoints.filter(deleted_at=None).values_list("step", flat=True)) == [40, 60]
    assert other.checkpoints.get().deleted_at is None


def test_what_was_sent_here_outlives_the_rotation_on_the_other_machine(runs_dir):
    run = new_run()
    register(run.pk, 1, event(20, kept=[20]))
    write_checkpoint(runs_dir / run.pk / "checkpoints" / "checkpoint-20", 20)
    register(run.pk, 1, event(40, kept=[40]))
    assert run.checkpoints.get(step=20).deleted_at is None


def test_empty_list_of_kept_steps_deletes_nothing(runs_dir):
    run = new_run()
    register(run.pk, 1, event(20))
    register(run.pk, 1, event(40))
    assert run.checkpoints.filter(deleted_at=None).count() == 2


@pytest.mark.parametrize(
    "path", ["", "/etc", "..", "checkpoints/../../other", "a/..", "a\\..\\b", "a\0b", "../" * 9 + "etc"]
)
def test_path_out_of_the_run_is_refused(runs_dir, path):
    with pytest.raises(CheckpointRefused, match="is not a plain path"):
        register(new_run().pk, 1, event(40, path))
    assert not Checkpoint.objects.exists()


def test_path_through_a_link_is_refused(runs_dir, tmp_path):
    run = new_run()
    write_checkpoint(tmp_path / "elsewhere" / "checkpoint-40", 40)
    (runs_dir / run.pk).mkdir(parents=True)
    (runs_dir / run.pk / "checkpoints").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(CheckpointRefused, match="leads through a link"):
        register(run.pk, 1, event(40))


def test_verify_stores_what_changed(runs_dir):
    run = new_run()
    folder = write_checkpoint(runs_dir / run.pk / "checkpoints" / "checkpoint-40", 40)
    checkpoint = register(run.pk, 1, event(40))
    (folder / "optimizer.pt").unlink()
    assert verify(checkpoint) == "optimizer.pt is missing"
    assert Checkpoint.objects.get().problem == "optimizer.pt is missing"
