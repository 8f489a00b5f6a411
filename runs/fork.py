"""Forks: a new run that goes on from another run's checkpoint, with other settings where a person wants them.

The checkpoint becomes the new run's own (its files are linked, not copied, where the disk can), and so do the parent's
points up to its step, as those of an attempt 0: one history, whatever happens to the parent.
"""

import json
import shutil
from array import array
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from runs import series
from runs.checkpoints.files import folder_of, list_files, missing_resume_files
from runs.checkpoints.register import verify
from runs.dispatch import INHERITED
from runs.errors import RunError
from runs.ids import new_id
from runs.launch import Tags, launch_run
from runs.linking import link_tree
from runs.models import Checkpoint, Project, Run, Series
from runs.specs import Spec
from trainer_bridge.paths import RunPaths
from trainer_bridge.protocol import MetricsBlock, to_column

#: How fast the parent was and what its machine did says nothing about the fork.
_NOT_INHERITED = ("system/", "speed/", "final/", "test/")
#: Points of one series in one block.
_BLOCK = 50_000


def fork_problem(checkpoint: Checkpoint) -> str:
    """Why nothing can go on from this checkpoint, as a sentence; "" if something can."""
    if checkpoint.deleted_at:
        return "This checkpoint was deleted; only its metrics are left."
    if checkpoint.run.is_external:
        return f"{checkpoint.run.name} was started outside Trainboard, which has no recipe to go on with."
    if problem := verify(checkpoint):
        return f"This checkpoint is damaged: {problem}"
    if missing := missing_resume_files([name for name, _ in checkpoint.files]):
        return f"This checkpoint holds only weights: nothing can go on exactly from it without {', '.join(missing)}."
    return ""


def fork(
    checkpoint: Checkpoint,
    spec: Spec,
    *,
    project: Project | None = None,
    name: str = "",
    tags: Tags = None,
    user: Any = None,
) -> Run:
    """Queue a run of ``spec`` that goes on from ``checkpoint``. Raises RunError or SpecError, and then made nothing."""
    if problem := fork_problem(checkpoint):
        raise RunError(problem)
    parent = checkpoint.run
    if spec.get("recipe") != parent.spec.get("recipe"):
        raise RunError(f"A fork of {parent.name} has its recipe, {parent.spec.get('recipe')}.")
    with transaction.atomic():
        run = launch_run(project or parent.project, spec, name=name, tags=tags, user=user)
        folder = RunPaths(Path(settings.RUNS_DIR), run.pk).folder
        try:
            _take_over(checkpoint, run)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
    run.refresh_from_db()
    return run


def _take_over(checkpoint: Checkpoint, run: Run) -> None:
    files = _link(folder_of(checkpoint), RunPaths(Path(settings.RUNS_DIR), run.pk).folder / checkpoint.path)
    Checkpoint.objects.create(
        id=new_id(),
        run=run,
        attempt=INHERITED,
        step=checkpoint.step,
        epoch=checkpoint.epoch,
        path=checkpoint.path,
        files=files,
        size=sum(size for _, size in files),
        metrics=checkpoint.metrics,
        created_at=checkpoint.created_at,
        check_at=timezone.now(),
    )
    Run.objects.filter(pk=run.pk).update(
        parent=checkpoint.run, forked_step=checkpoint.step, step=checkpoint.step, epoch=checkpoint.epoch
    )
    _inherit_points(checkpoint.run_id, run.pk, checkpoint.step)


def _link(source: Path, target: Path) -> list[list[Any]]:
    """The checkpoint's files in the new run's folder: [[name, bytes], …]."""
    link_tree(source, target)
    state = target / "trainer_state.json"
    told = json.loads(state.read_text())
    state.unlink()  # a link: the parent's file stays as it is
    state.write_text(json.dumps(_own_state(told, source, target), indent=2))
    return [[name, size] for name, size in list_files(target)]


def _own_state(told: dict[str, Any], source: Path, target: Path) -> dict[str, Any]:
    """What the Trainer kept, its best checkpoint within the fork: the inherited one, or none yet."""
    best = told.get("best_model_checkpoint")
    if best and Path(best).name == source.name:
        return told | {"best_model_checkpoint": str(target)}
    return told | {"best_model_checkpoint": None, "best_metric": None, "best_global_step": None}


def _inherit_points(parent: str, run: str, step: int) -> None:
    keys = Series.objects.filter(run=parent, count__gt=0).values_list("key", "count")
    for key, count in keys:
        if not key.startswith(_NOT_INHERITED):
            for found in series.read([parent], [key], x="wall", max_points=max(count, 8)):
                series.append(run, INHERITED, _blocks(key, found, step))


def _blocks(key: str, found: series.SeriesData, last: int) -> list[MetricsBlock]:
    shown = found.step <= last
    steps, times, values, epochs = (column[shown] for column in (found.step, found.x, found.y, found.epoch))
    return [
        MetricsBlock(
            keys=[key],
            steps=to_column(array("q", steps[at : at + _BLOCK].tolist())),
            times=to_column(array("d", times[at : at + _BLOCK].tolist())),
            values=to_column(array("d", values[at : at + _BLOCK].tolist())),
            epochs=to_column(array("d", epochs[at : at + _BLOCK].tolist())),
        )
        for at in range(0, len(steps), _BLOCK)
    ]
