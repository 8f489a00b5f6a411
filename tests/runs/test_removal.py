"""Deleting a run and its files."""

import pytest

from runs.errors import RunError
from runs.launch import delete_run, launch_run
from runs.models import Run
from runs.removal import remove_files
from runs.states import State

SPEC = {"recipe": "digits-vit"}


@pytest.fixture
def runs_dir(settings, tmp_path):
    settings.RUNS_DIR = tmp_path / "runs"
    settings.RUNS_DIR.mkdir()
    return settings.RUNS_DIR


@pytest.fixture
def run(project):
    return launch_run(project, SPEC)


def test_a_deleted_run_leaves_nothing(run, runs_dir, django_capture_on_commit_callbacks):
    (runs_dir / run.pk / "checkpoints").mkdir(parents=True)
    (runs_dir / run.pk / "checkpoints" / "weights").write_text("…")
    (runs_dir / "another").mkdir()
    with django_capture_on_commit_callbacks(execute=True):
        delete_run(run)
    assert not Run.objects.exists()
    assert [path.name for path in runs_dir.iterdir()] == ["another"]


@pytest.mark.parametrize("state", [State.STARTING, State.RUNNING, State.STOPPING, State.PAUSED])
def test_a_run_with_a_process_is_kept(run, runs_dir, state):
    Run.objects.update(state=state)
    with pytest.raises(RunError, match=f"is {state}. Stop it first"):
        delete_run(run)
    assert Run.objects.filter(pk=run.pk).exists()


def test_deleting_twice_is_no_error(run, runs_dir):
    delete_run(run)
    run.pk = run.pk or "gone"
    delete_run(run)


def test_files_outside_the_runs_folder_are_out_of_reach(runs_dir, tmp_path):
    (tmp_path / "precious").write_text("keep")
    with pytest.raises(ValueError, match="not a run id"):
        remove_files("../precious")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_text("keep")
    (runs_dir / "linked").symlink_to(outside)
    remove_files("linked")
    assert (outside / "file").read_text() == "keep"
    assert not (runs_dir / "linked").exists()
