"""Taking a checkpoint's files away: all of them, or those that only a training needs.

The row says first what is about to go (``due``) and forgets it last, so that what a killed server left half done is
done again (``finish_started``).
"""

import logging
import shutil
from pathlib import Path

from django.utils import timezone

from runs.checkpoints import storing
from runs.checkpoints.disk import freed_by
from runs.checkpoints.files import CheckpointRefused, folder_of, list_files
from runs.checkpoints.register import verify
from runs.models import Checkpoint
from trainer_bridge.checkpoint_files import to_strip

log = logging.getLogger(__name__)

Due = Checkpoint.Due
_FORGET_DUE = {"due": "", "due_at": None, "due_because": "", "due_by": ""}


def take_away(checkpoint: Checkpoint, action: str, because: str) -> int:
    """Delete (``Due.DELETE``) a checkpoint or leave its weights only (``Due.STRIP``); bytes that the disk has back.

    Nothing of what a policy must not do is asked here (runs/checkpoints/retention.py). Of one whose files are gone
    already only the row says so. Raises CheckpointRefused when they are on another machine or cannot be removed.
    """
    folder = folder_of(checkpoint)
    if not folder.is_dir():
        storing.drop(checkpoint, _gone(checkpoint, action))
        if not checkpoint.is_here:
            raise CheckpointRefused("its files are on another machine, so they cannot be deleted from here")
        _store(checkpoint, deleted_at=timezone.now(), deleted_because=because, check_at=None, **_FORGET_DUE)
        return 0
    Checkpoint.objects.filter(pk=checkpoint.pk).update(due=action, due_because=because, due_at=timezone.now())
    storing.drop(checkpoint, _gone(checkpoint, action))
    try:
        return _delete(checkpoint, folder, because) if action == Due.DELETE else _strip(checkpoint, folder)
    except OSError as error:
        raise CheckpointRefused(f"its files cannot be removed: {error.strerror}") from error


def finish_started() -> None:
    """Remove what a deletion that was cut short left: its row is deleted already, and says that it is due."""
    for checkpoint in Checkpoint.objects.filter(due=Due.DELETE, deleted_at__isnull=False):
        try:
            _remove(folder_of(checkpoint))
            _store(checkpoint, **_FORGET_DUE)
        except (OSError, CheckpointRefused) as error:
            log.warning("checkpoint %s is not removed yet: %s", checkpoint, error)


def _gone(checkpoint: Checkpoint, action: str) -> list[str]:
    """The names of the files that go."""
    names = [name for name, _ in checkpoint.files]
    return names if action == Due.DELETE else to_strip(names)


def _delete(checkpoint: Checkpoint, folder: Path, because: str) -> int:
    _store(checkpoint, deleted_at=timezone.now(), deleted_because=because, check_at=None)
    freed = freed_by(folder / name for name, _ in list_files(folder))
    _remove(folder)
    _store(checkpoint, **_FORGET_DUE)
    return freed


def _strip(checkpoint: Checkpoint, folder: Path) -> int:
    gone = [folder / name for name in to_strip(name for name, _ in list_files(folder))]
    freed = freed_by(gone)
    for path in gone:
        path.unlink(missing_ok=True)
    files = list_files(folder)
    kept = {name for name, _ in files}
    _store(
        checkpoint,
        files=[list(file) for file in files],
        size=sum(size for _, size in files),
        sha256={name: value for name, value in checkpoint.sha256.items() if name in kept},
        **_FORGET_DUE,
    )
    verify(checkpoint)
    return freed


def _remove(folder: Path) -> None:
    if folder.is_dir():
        shutil.rmtree(folder)


def _store(checkpoint: Checkpoint, **values: object) -> None:
    for name, value in values.items():
        setattr(checkpoint, name, value)
    checkpoint.save(update_fields=list(values))
