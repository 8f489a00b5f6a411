"""Checkpoints that workers on other machines send here: in parts, each file with its checksum, whole or not at all.

They come into a folder aside. Once every byte is there and has the checksum that the worker took, the folder moves to
its place in the run's folder, and the checkpoint is one of this machine.
"""

import fcntl
import json
import logging
import os
import re
import shutil
import time
from pathlib import Path, PurePosixPath

from django.conf import settings
from django.utils import timezone

from runs.checkpoints.files import folder_of
from runs.checkpoints.verify import problem_of
from runs.errors import UploadError
from runs.models import Checkpoint
from trainer_bridge.checkpoint_files import sha256_of

log = logging.getLogger(__name__)

#: Where they come in, beside the runs' folders; no run can have this id.
ASIDE = ".incoming"
#: Files of one checkpoint, and letters of a name.
MOST_FILES, MOST_LETTERS = 2_000, 200
#: Bytes that stay free on the disk.
RESERVE = 512 * 1024 * 1024
#: Seconds after which nobody goes on with an upload any more.
ABANDONED_AFTER = 24 * 60 * 60
_SHA256 = re.compile(r"[0-9a-f]{64}")

Manifest = list[tuple[str, int, str]]


def begin(checkpoint: Checkpoint, files: Manifest) -> dict[str, int]:
    """Announce (name, bytes, SHA-256) of every file; {name: bytes that are there already}. Raises UploadError.

    Announced again, other than before, what has come is thrown away.
    """
    _check(files)
    folder = _folder(checkpoint)
    if _manifest(folder) != files:
        shutil.rmtree(folder, ignore_errors=True)
        _check_room(sum(size for _, size, _ in files))
        (folder / "files").mkdir(parents=True)
        _write(folder / "manifest.json", json.dumps(files))
    return {name: _size(folder / "files" / name) for name, _, _ in files}


def take_part(checkpoint: Checkpoint, name: str, offset: int, data: bytes) -> int:
    """Append ``data``, which begins at byte ``offset`` of a file; how many bytes of it are there now.

    What is there already is passed over. Raises UploadError for a gap, or what was not announced.
    """
    folder = _folder(checkpoint)
    size = next((size for known, size, _ in _manifest(folder) if known == name), None)
    if size is None:
        raise UploadError(f"{name[:MOST_LETTERS]} was not announced. Announce the files first.")
    path = folder / "files" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        there = file.seek(0, os.SEEK_END)
        if offset > there or offset + len(data) > size:
            raise UploadError(f"This part does not go on at byte {there:,} of {size:,} of {name}.")
        file.write(data[there - offset :])
        return max(there, offset + len(data))


def finish(checkpoint: Checkpoint) -> None:
    """Every part was sent: have the checksums compared in the background. Raises UploadError if bytes lack."""
    folder = _folder(checkpoint)
    files = _manifest(folder)
    if not files:
        raise UploadError("Nothing was announced. Announce the files first.")
    for name, size, _ in files:
        path = folder / "files" / name
        if not size:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        if _size(path) != size:
            raise UploadError(f"Only {_size(path):,} of {size:,} bytes of {name} have come.")
    (folder / "whole").touch()
    Checkpoint.objects.filter(pk=checkpoint.pk).update(check_at=timezone.now())


def is_coming(checkpoint: Checkpoint) -> bool:
    """Whether all of it has come and only waits to be compared."""
    return (_folder(checkpoint) / "whole").exists()


def settle(checkpoint: Checkpoint) -> bool:
    """Compare what has come and put it in its place; False, and nothing is left, where it is not what was sent."""
    folder = _folder(checkpoint)
    files = _manifest(folder)
    wrong = next((name for name, _, sha in files if sha256_of(folder / "files" / name) != sha), None)
    problem = f"{wrong} has another checksum" if wrong else problem_of(folder / "files", checkpoint.step)
    if problem:
        log.warning("checkpoint %s of run %s came damaged: %s", checkpoint.step, checkpoint.run_id, problem)
        shutil.rmtree(folder, ignore_errors=True)
        return False
    place = folder_of(checkpoint)
    place.parent.mkdir(parents=True, exist_ok=True)
    (folder / "files").rename(place)
    shutil.rmtree(folder, ignore_errors=True)
    known = {
        "problem": "",
        "files": [[name, size] for name, size, _ in files],
        "size": sum(size for _, size, _ in files),
        "sha256": {name: sha for name, _, sha in files},
        "verified_at": timezone.now(),
        "check_at": None,
    }
    Checkpoint.objects.filter(pk=checkpoint.pk, deleted_at=None).update(**known)
    return True


def give_up_abandoned() -> None:
    """Remove what was begun and never ended."""
    for folder in (Path(settings.RUNS_DIR) / ASIDE).glob("*"):
        newest = max((path.stat().st_mtime for path in folder.rglob("*")), default=0.0)
        if time.time() - newest > ABANDONED_AFTER:
            shutil.rmtree(folder, ignore_errors=True)


def _folder(checkpoint: Checkpoint) -> Path:
    return Path(settings.RUNS_DIR) / ASIDE / checkpoint.pk


def _manifest(folder: Path) -> Manifest:
    try:
        return [(name, size, sha) for name, size, sha in json.loads((folder / "manifest.json").read_text())]
    except (OSError, ValueError):
        return []


def _write(path: Path, text: str) -> None:
    part = path.with_suffix(".part")
    part.write_text(text)
    part.rename(path)


def _check(files: Manifest) -> None:
    if not 0 < len(files) <= MOST_FILES:
        raise UploadError(f"A checkpoint has 1 to {MOST_FILES:,} files, not {len(files):,}.")
    for name, size, sha in files:
        parts = PurePosixPath(name).parts
        plain = (
            parts and ".." not in parts and not name.startswith("/") and "\\" not in name and "\0" not in name
        )
        if not plain or len(name) > MOST_LETTERS or str(PurePosixPath(name)) != name:
            raise UploadError(f"“{name[:MOST_LETTERS]}” is no plain name of a file within the checkpoint.")
        if size < 0 or not _SHA256.fullmatch(sha):
            raise UploadError(f"{name} needs its bytes and its SHA-256 in hex.")
    if len({name for name, _, _ in files}) != len(files):
        raise UploadError("A file stands twice.")


def _check_room(size: int) -> None:
    folder = Path(settings.RUNS_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if size > free - RESERVE:
        raise UploadError(f"The checkpoint has {size:,} bytes, but the disk here has only {free:,} left.")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
