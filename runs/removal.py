"""Deleting runs and projects: rows, then files, so that a kill in between leaves neither half.

A folder is first moved aside, in the transaction that deletes the rows. What is aside is removed after the commit; if
that does not happen, or the transaction failed, ``empty_trash`` finds it: it removes what has no run any more and puts
back what has.

From tables runs are deleted in two steps: hidden at once (``Run.deleted_at``), really deleted when nobody brought them
back in time.
"""

import logging
import shutil
import time
from collections.abc import Collection, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from runs import dispatch, live
from runs.errors import RunError
from runs.models import Project, Run
from runs.states import State
from trainer_bridge.paths import RunPaths

log = logging.getLogger(__name__)

#: No process belongs to the run, nor can one without a new claim.
DELETABLE = frozenset({State.QUEUED, State.FINISHED, State.STOPPED, State.FAILED, State.CRASHED})
#: So long a deletion can be undone.
UNDO_FOR = timedelta(minutes=15)
#: Where folders lie between their deletion and the end of it; no run can have this id.
TRASH = ".deleted"
#: Seconds after which nobody is deleting a folder in the trash any more.
ABANDONED_AFTER = 60.0


def delete_soon(project: Project, ids: Collection[str]) -> tuple[int, list[str]]:
    """Hide these runs and delete them a while later (``UNDO_FOR``), unless ``bring_back`` comes first.

    Gives how many, and a sentence for each run that has a process, which stays.
    """
    with transaction.atomic():
        rows = Run.objects.select_for_update().filter(project=project, pk__in=ids)
        busy = [
            f"{name} is {state}. Stop it first." for name, state in _names(rows.exclude(state__in=DELETABLE))
        ]
        count = rows.filter(state__in=DELETABLE).update(deleted_at=timezone.now(), version=F("version") + 1)
        live.runs_changed(project.slug)
    return count, busy


def _names(rows: QuerySet[Run]) -> list[tuple[str, str]]:
    return list(rows.values_list("name", "state"))


def bring_back(project: Project, ids: Sequence[str] | None = None) -> int:
    """Undo ``delete_soon`` for these runs (None: for all of the project); how many came back."""
    with transaction.atomic():
        rows = deleted_runs(project)
        # A database takes so many parameters in one statement.
        parts = (
            [rows]
            if ids is None
            else [rows.filter(pk__in=ids[at : at + 500]) for at in range(0, len(ids), 500)]
        )
        count = sum(part.update(deleted_at=None, version=F("version") + 1) for part in parts)
        dispatch.announce()
        live.runs_changed(project.slug)
    return count


def deleted_runs(project: Project) -> QuerySet[Run]:
    """The runs of a project that are deleted and can still come back."""
    return Run.everything.filter(project=project, deleted_at__isnull=False)


def delete_overdue() -> None:
    """Really delete what nobody brought back in time."""
    due = Run.everything.filter(deleted_at__lt=timezone.now() - UNDO_FOR)
    for run in due.select_related("project"):
        delete_run(run, only_hidden=True)


def delete_run(run: Run, only_hidden: bool = False) -> None:
    """Delete a run, what it measured and its files. Raises RunError while a process belongs to it.

    ``only_hidden``: not if somebody brought it back meanwhile.
    """
    slug, run_id = run.project.slug, run.pk
    with transaction.atomic():
        # Locked, so that no worker claims the run between the look and the deletion.
        current = Run.everything.select_for_update().filter(pk=run_id).first()
        if current is None or (only_hidden and current.deleted_at is None):
            return
        if current.state not in DELETABLE:
            raise RunError(f"{current.name} is {current.state}. Stop it first, then delete it.")
        current.delete()
        remove_files(run_id)
        live.runs_changed(slug)


def delete_project(project: Project) -> None:
    """Delete a project with all of its runs. Raises RunError, having deleted nothing, while one of them has a
    process.

    Each run is a transaction of its own: trainings of other projects write meanwhile.
    """
    runs = Run.everything.filter(project=project)
    busy = runs.exclude(state__in=DELETABLE).values_list("name", flat=True)
    if names := list(busy[:3]):
        raise RunError(f"{', '.join(names)} must be stopped before {project.name} can be deleted.")
    for run in runs.select_related("project"):
        delete_run(run)
    with transaction.atomic():
        if (late := runs.first()) is not None:
            raise RunError(
                f"{late.name} was started while {project.name} was being deleted. Delete it again."
            )
        project.delete()


def remove_files(run_id: str) -> None:
    """Move the run's folder aside and remove it after the commit; RunPaths refuses an id that would lead out
    of the runs folder.
    """
    folder = RunPaths(settings.RUNS_DIR, run_id).folder
    if not (folder.exists() or folder.is_symlink()):
        return
    trash = Path(settings.RUNS_DIR) / TRASH
    trash.mkdir(exist_ok=True)
    aside = folder.rename(trash / f"{run_id}.{time.time():.0f}")
    transaction.on_commit(partial(_remove, aside))


def empty_trash() -> None:
    """Finish the deletions that were cut short: remove the files of runs that are gone, put back the others."""
    for aside in (Path(settings.RUNS_DIR) / TRASH).glob("*.*"):
        run_id, _, moved_at = aside.name.partition(".")
        if not moved_at.isdigit() or time.time() - int(moved_at) < ABANDONED_AFTER:
            continue
        home = RunPaths(settings.RUNS_DIR, run_id).folder
        if not Run.everything.filter(pk=run_id).exists():
            _remove(aside)
        elif not home.exists():
            log.warning("run %s was not deleted after all: its files are put back", run_id)
            aside.rename(home)


def _remove(path: Path) -> None:
    """Remove a folder; what cannot be removed now is tried again later."""
    if path.is_symlink():
        # Somebody moved the run elsewhere by hand: take the link away, leave what it points to.
        path.unlink()
        return
    try:
        shutil.rmtree(path)
    except OSError as error:
        log.warning("%s cannot be removed yet: %s", path, error)
