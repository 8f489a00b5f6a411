"""A checkpoint that a run reported becomes a row: where it is, what was measured, whether it is whole."""

import math
from datetime import UTC, datetime
from pathlib import Path

from django.utils import timezone

from runs.checkpoints.files import CheckpointRefused, folder_of, inside_run_folder, list_files
from runs.checkpoints.verify import problem_of
from runs.ids import new_id
from runs.models import Checkpoint
from runs.models.checkpoint import ELSEWHERE, IN_STORAGE
from trainer_bridge import protocol

#: What the problem of a checkpoint says whose files are whole, but not those that were saved.
CHANGED = "is not what was saved"
#: Why the Trainer's own rotation removed a checkpoint.
ROTATED = "the Trainer removed it (save_total_limit)"


def register(run_id: str, attempt: int, event: protocol.Checkpoint) -> Checkpoint:
    """Store the checkpoint of ``event``, look whether it is whole, and mark those that the Trainer removed.

    Runs inside the caller's transaction. One row a step: a step saved again replaces the former. Of a run
    that trains on another machine only the record is here. Its checksums are taken later (checking.py). Raises
    CheckpointRefused when the path leads out of the run's folder.
    """
    folder = inside_run_folder(run_id, event.path)
    files = list_files(folder) or [(file.name, file.size) for file in event.files]
    fields = {**_fields(attempt, event, files), **_state(folder, event.step)}
    checkpoint, _ = Checkpoint.objects.update_or_create(
        run_id=run_id, step=event.step, defaults=fields, create_defaults={"id": new_id(), **fields}
    )
    _mark_deleted(run_id, event)
    return checkpoint


def verify(checkpoint: Checkpoint) -> str:
    """Look at the folder again and store what is wrong with it ("" when nothing is); return that.

    The files are not read whole: that they are not those that were saved stays said until they are.
    """
    problem = problem_now(checkpoint)
    if not problem and CHANGED in checkpoint.problem:
        return checkpoint.problem
    if problem != checkpoint.problem:
        checkpoint.problem = problem
        checkpoint.save(update_fields=["problem"])
    return problem


def problem_now(checkpoint: Checkpoint) -> str:
    """What keeps the checkpoint from being used here, "" when nothing does; nothing is stored."""
    try:
        folder = folder_of(checkpoint)
    except CheckpointRefused as refused:
        return str(refused)
    if not folder.exists() and (checkpoint.stored_at or not checkpoint.is_here):
        return IN_STORAGE if checkpoint.stored_at else ELSEWHERE
    return problem_of(folder, checkpoint.step) or _lost(checkpoint, folder)


def _lost(checkpoint: Checkpoint, folder: Path) -> str:
    """A file that was there when all bytes were read, and is not any more or has another length; "" when none."""
    sizes = dict(checkpoint.files)
    for name in checkpoint.sha256:
        path = folder / name
        if not path.is_file():
            return f"{name} is missing"
        if name in sizes and path.stat().st_size != sizes[name]:
            return f"{name} {CHANGED}: its length is another"
    return ""


def _state(folder: Path, step: int) -> dict[str, object]:
    """How it is at first; what was known of a former checkpoint of this step is forgotten."""
    problem = problem_of(folder, step) if folder.exists() else ELSEWHERE
    return {
        "problem": problem,
        "sha256": {},
        "verified_at": None,
        "exported_at": None,
        "stored_at": None,
        "check_at": None if problem else timezone.now(),
        "deleted_because": "",
        "due": "",
        "due_at": None,
    }


def _fields(attempt: int, event: protocol.Checkpoint, files: list[tuple[str, int]]) -> dict[str, object]:
    return {
        "attempt": attempt,
        "epoch": event.epoch,
        "path": event.path,
        "files": files,
        "size": sum(size for _, size in files),
        "metrics": {key: storable(value) for key, value in event.metrics.items()},
        "created_at": _moment(event.time),
        "deleted_at": None,
    }


def storable(value: float) -> float | str:
    """A measured value as JSON can hold it: NaN and ±Inf become the texts that float() reads."""
    if math.isnan(value):
        return "NaN"
    return value if math.isfinite(value) else ("Infinity" if value > 0 else "-Infinity")


def _moment(time: float) -> datetime:
    try:
        return datetime.fromtimestamp(time, UTC)
    except (OverflowError, ValueError, OSError):
        return timezone.now()


def _mark_deleted(run_id: str, event: protocol.Checkpoint) -> None:
    # The checkpoint itself always exists, so an empty list means that the sender does not say.
    if event.kept:
        others = Checkpoint.objects.filter(run_id=run_id, deleted_at=None, stored_at=None).exclude(
            step__in=[event.step, *event.kept]
        )
        # On another machine it is gone; what was sent here stays.
        gone = Checkpoint.objects.filter(pk__in=[row.pk for row in others if not folder_of(row).exists()])
        gone.update(deleted_at=timezone.now(), deleted_because=ROTATED, check_at=None, due="", due_at=None)
