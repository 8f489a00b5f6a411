"""Where a run is recorded on the training machine: a folder with ``meta.json`` and a spool for each process.

It is there from the run's first moment, so that nothing depends on the network, and goes away once the server
has acknowledged everything.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

from trainer_bridge.job import write_whole
from trainer_bridge.spool import Spool
from trainer_bridge.spool_file import SpoolBusy, leftover

META = "meta.json"


class Meta(msgspec.Struct, kw_only=True):
    """What joining the server takes, now or weeks later. The token is never in it."""

    run: str
    attempt: int | None = None
    server: str = ""
    project: str = ""
    name: str = ""
    tags: list[str] = []
    config: dict = {}
    host: str = ""


class LocalRun:
    """The folder of one launch of one run. ``meta.attempt`` is None until the server has given a number."""

    def __init__(self, folder: Path, meta: Meta) -> None:
        self.folder, self.meta = folder, meta

    @classmethod
    def create(cls, folder: Path, meta: Meta) -> "LocalRun":
        """Make the folder, or share it with another process of the launch. A disk that refuses is no fault here:
        the spool then keeps events in memory and says so.
        """
        local = cls(folder, meta)
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            _ignore_in_git(folder.parent)
            local.save()
        return local

    @classmethod
    def read(cls, folder: Path) -> "LocalRun":
        """A folder that a run left. Raises ValueError when it is none, or damaged."""
        try:
            return cls(folder, msgspec.json.decode((folder / META).read_bytes(), type=Meta))
        except (OSError, msgspec.DecodeError) as error:
            raise ValueError(f"{folder} holds no recorded run: {error}") from error

    def spool(self, source: str) -> Path:
        return self.folder / f"{source}.spool"

    def sources(self) -> list[str]:
        """The processes that left something, the first one last: it brings the end of the run."""
        names = [path.name.removesuffix(".spool") for path in self.folder.glob("*.spool")]
        return sorted(names, key=lambda name: (name == "trainer", name))

    def joined(self, attempt: int) -> None:
        """The server knows the run by this attempt from now on."""
        if attempt != self.meta.attempt:
            self.meta.attempt = attempt
            with contextlib.suppress(OSError):
                self.save()

    def save(self) -> None:
        write_whole(self.folder / META, msgspec.json.encode(self.meta))

    def remove_delivered(self, source: str) -> None:
        """Take away what the server has, and the folder with the last of it."""
        with contextlib.suppress(OSError, SpoolBusy):
            if _is_empty(self.spool(source)):
                self.spool(source).unlink()
            if not self.sources():
                (self.folder / META).unlink(missing_ok=True)
                self.folder.rmdir()
                _remove_if_unused(self.folder.parent)


def recorded_runs(folder: Path) -> Iterator[LocalRun]:
    """The runs recorded in ``folder``, or the one that it is; oldest first, damaged ones left out."""
    metas = [folder / META] if (folder / META).is_file() else folder.glob(f"*/{META}")
    for path in sorted(metas, key=lambda path: path.stat().st_mtime):
        with contextlib.suppress(ValueError):
            yield LocalRun.read(path.parent)


def _is_empty(path: Path) -> bool:
    """Whether a spool holds nothing that waits. Raises SpoolBusy while a process writes to it."""
    Spool(path).close()
    return not leftover(path)


def _ignore_in_git(folder: Path) -> None:
    """Recorded runs are no part of the project in whose folder a script was started."""
    marker = folder / ".gitignore"
    if not marker.exists():
        marker.write_text("*\n")


def _remove_if_unused(folder: Path) -> None:
    if [entry.name for entry in os.scandir(folder)] == [".gitignore"]:
        (folder / ".gitignore").unlink()
        folder.rmdir()
