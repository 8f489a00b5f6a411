"""Deleting a run: its rows, then its files."""

import shutil
from functools import partial

from django.conf import settings
from django.db import transaction

from runs import live
from runs.errors import RunError
from runs.models import Run
from runs.states import State
from trainer_bridge.paths import RunPaths

#: No process belongs to the run, nor can one without a new claim.
DELETABLE = frozenset({State.QUEUED, State.FINISHED, State.STOPPED, State.FAILED, State.CRASHED})


def delete_run(run: Run) -> None:
    """Delete a run, what it measured and its files. Raises RunError while a process belongs to it."""
    slug, run_id = run.project.slug, run.pk
    with transaction.atomic():
        # Locked, so that no worker claims the run between the look and the deletion.
        current = Run.objects.select_for_update().filter(pk=run_id).first()
        if current is None:
            return
        if current.state not in DELETABLE:
            raise RunError(f"{current.name} is {current.state}. Stop it first, then delete it.")
        current.delete()
        transaction.on_commit(partial(remove_files, run_id))
        live.runs_changed(slug)


def remove_files(run_id: str) -> None:
    """Remove the run's folder; RunPaths refuses an id that would lead out of the runs folder."""
    folder = RunPaths(settings.RUNS_DIR, run_id).folder
    if folder.is_symlink():
        # Somebody moved the run elsewhere by hand: take the link away, leave what it points to.
        folder.unlink()
    elif folder.exists():
        shutil.rmtree(folder)
