"""Deleting a run and its files."""

import pytest

from runs import removal
from runs.errors import RunError
from runs.launch import delete_run, launch_run
from runs.models import Project, Run
from runs.removal import TRASH, delete_project, empty_trash, remove_files
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
    assert [path.name for path in runs_dir.iterdir() if path.name != TRASH] == ["another"]
    assert list((runs_dir / TRASH).iterdir()) == []


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


@pytest.mark.django_db(transaction=True)
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


def files_of(run, runs_dir):
    folder = runs_dir / run.pk / "checkpoints"
    folder.mkdir(parents=True)
    (folder / "weights").write_text("…")
    return folder.parent


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("died", ["before the files were removed", "before the commit"])
def test_a_deletion_that_was_cut_short_leaves_no_half(run, runs_dir, monkeypatch, died):
    folder = files_of(run, runs_dir)
    with monkeypatch.context() as patch:
        patch.setattr(removal, "_remove", lambda path: None)
        if died == "before the commit":
            patch.setattr(removal.live, "runs_changed", lambda slug: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                delete_run(run)
        else:
            delete_run(run)
    assert not folder.exists()
    empty_trash()  # too early: somebody may be deleting it just now
    assert len(list((runs_dir / TRASH).iterdir())) == 1
    monkeypatch.setattr(removal, "ABANDONED_AFTER", -1)
    empty_trash()
    assert list((runs_dir / TRASH).iterdir()) == []
    assert folder.exists() == Run.objects.exists() == (died == "before the commit")


@pytest.mark.django_db(transaction=True)
def test_a_deleted_project_leaves_nothing(project, run, runs_dir):
    folders = [files_of(one, runs_dir) for one in (run, launch_run(project, SPEC))]
    delete_project(project)
    assert not Project.objects.filter(pk=project.pk).exists()
    assert not Run.objects.exists()
    assert not any(folder.exists() for folder in folders)


@pytest.mark.django_db(transaction=True)
def test_a_project_in_which_something_trains_is_kept_whole(project, run, runs_dir, owner_client):
    Run.objects.filter(pk=run.pk).update(state=State.RUNNING)
    other = launch_run(project, SPEC)
    answer = owner_client.delete(f"/api/v1/projects/{project.slug}")
    assert answer.status_code == 409
    assert f"{run.name} must be stopped before" in answer.json()["error"]
    assert Run.objects.filter(pk=other.pk).exists()
    Run.objects.filter(pk=run.pk).update(state=State.STOPPED)
    assert owner_client.delete(f"/api/v1/projects/{project.slug}").status_code == 204
    assert not Project.objects.filter(pk=project.pk).exists()
