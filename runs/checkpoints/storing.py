"""Checkpoints in a Django storage besides: a folder, or an S3-compatible bucket (docs/checkpoints.md).

Those that are kept and whose checksums are known are copied there in the background. One whose files are not on this
machine any more is brought back from there, compared file by file.
"""

import logging
import shutil
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.files import File
from django.core.files.storage import Storage, storages
from django.utils import timezone

from runs.checkpoints.files import CheckpointRefused, folder_of
from runs.checkpoints.wanted import wanted
from runs.models import Checkpoint
from trainer_bridge.checkpoint_files import BLOCK, sha256_of

log = logging.getLogger(__name__)

#: The name of the storage in the settings.
ALIAS = "checkpoints"


def storage() -> Storage | None:
    """Where they are kept besides; None where nothing is set."""
    return storages[ALIAS] if ALIAS in settings.STORAGES else None


def store_next() -> bool:
    """Copy the newest one that is wanted and not there; whether there was one."""
    if (place := storage()) is None:
        return False
    waiting = Checkpoint.objects.filter(
        stored_at=None, deleted_at=None, problem="", due="", verified_at__isnull=False, check_at=None
    )
    rows = list(waiting.select_related("run__sweep", "run__project").order_by("-created_at")[:200])
    row = next(iter(_wanted(rows)), None)
    if row is None:
        return False
    store(row, place)
    return True


def store(checkpoint: Checkpoint, place: Storage) -> None:
    """Copy all of its files and say so. What a cut leaves there is written over the next time."""
    folder = folder_of(checkpoint)
    for name in checkpoint.sha256:
        key = key_of(checkpoint, name)
        place.delete(key)
        with (folder / name).open("rb") as file:
            if place.save(key, File(file, name=key)) != key:
                raise CheckpointRefused(f"the storage does not take {key} under its name")
    same = {"pk": checkpoint.pk, "created_at": checkpoint.created_at, "deleted_at": None}
    Checkpoint.objects.filter(**same).update(stored_at=timezone.now())
    log.info("checkpoint %s of run %s is in the storage", checkpoint.step, checkpoint.run_id)


def bring(checkpoint: Checkpoint) -> str:
    """Put its files from the storage in their place here; what is wrong with them, "" when nothing is."""
    place, folder = storage(), folder_of(checkpoint)
    if place is None:
        return "is in a storage that is not set any more"
    aside = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(aside, ignore_errors=True)
    for name, sha in checkpoint.sha256.items():
        target = aside / name
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with place.open(key_of(checkpoint, name), "rb") as source, target.open("wb") as file:
                shutil.copyfileobj(source, file, BLOCK)
        except Exception as error:  # whatever the storage's client raises
            log.warning("%s cannot be brought from the storage: %s", key_of(checkpoint, name), error)
            return f"{name} cannot be read in the storage"
        if sha256_of(target) != sha:
            return f"{name} in the storage is not what was saved"
    aside.rename(folder)
    return ""


def drop(checkpoint: Checkpoint, names: Iterable[str]) -> None:
    """Delete files of a checkpoint in the storage as well."""
    if checkpoint.stored_at and (place := storage()) is not None:
        for name in names:
            place.delete(key_of(checkpoint, name))


def key_of(checkpoint: Checkpoint, name: str) -> str:
    return f"{checkpoint.run_id}/{checkpoint.step}/{name}"


def _wanted(rows: list[Checkpoint]) -> list[Checkpoint]:
    """Those that a policy keeps; where it keeps everything, the best and the last of each run, as workers send them."""
    projects: dict[Any, list[Checkpoint]] = {}
    for row in rows:
        projects.setdefault(row.run.project, []).append(row)
    return [row for project, group in projects.items() for row in wanted(project, group)]
