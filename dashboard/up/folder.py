"""The data folder: made, private, and held by one `up` at a time."""

import contextlib
import fcntl
import json
import os
import secrets
from pathlib import Path
from typing import TextIO

from dashboard.up import StartError


def prepare(folder: Path) -> None:
    """Make the data folder, closed to others, and the key that signs sessions. Raises StartError."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_secret_key(folder / "secret-key")
    except OSError as error:
        raise StartError(
            f"The data folder {folder} cannot be written ({error.strerror}): "
            "give another one with --data-dir, or make it writable."
        ) from error


def _write_secret_key(path: Path) -> None:
    with contextlib.suppress(FileExistsError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(50))
    # Also proves that an older folder can still be written.
    path.parent.joinpath("up.lock").touch(mode=0o600)


class FolderLock:
    """One `up` for a data folder: an flock that the kernel gives back however the process ends."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "up.lock"
        self._file: TextIO | None = None

    def take(self, url: str) -> None:
        """Hold the folder and note who holds it. Raises StartError when another `up` does."""
        file = open(self.path, "r+")  # noqa: SIM115 - held as long as the process lives
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StartError(_held_sentence(self.path.parent, file.read())) from None
        file.truncate(0)
        json.dump({"pid": os.getpid(), "url": url}, file)
        file.flush()
        self._file = file

    def release(self) -> None:
        if self._file:
            self._file.close()
            self._file = None


def _held_sentence(folder: Path, note: str) -> str:
    try:
        holder = json.loads(note)
        return (
            f"Trainboard already runs on {folder}: process {holder['pid']} at {holder['url']}. "
            "Open that page, or stop that process first."
        )
    except (ValueError, KeyError):  # caught between taking the lock and writing the note
        return f"Another Trainboard is just starting on {folder}."
