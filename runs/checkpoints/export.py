"""A checkpoint as a zip that anybody can use without Trainboard: the files, a model card, where it came from.

The zip is streamed: nothing is written to disk, a block of a file is in memory at a time, and the length is
known before the first byte because nothing is compressed (weights hardly shrink, and storing costs no CPU).
"""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from zipstream import ZipStream

from runs.checkpoints.card import model_card, provenance
from runs.checkpoints.files import CheckpointRefused, folder_of, is_for_inference, list_files
from runs.checkpoints.register import verify
from runs.models import Checkpoint

Contents = Literal["inference", "full"]
CONTENTS: tuple[Contents, ...] = ("inference", "full")
#: Bytes read from a file at once.
BLOCK = 1024 * 1024


@dataclass(frozen=True)
class Part:
    """One file of the zip: from ``path`` on disk, or made on the spot (``data``)."""

    name: str
    size: int
    path: Path | None = None
    data: bytes = b""


@dataclass(frozen=True)
class Export:
    """What a zip will hold: ``filename`` to save it as, and its parts with their sizes in bytes."""

    filename: str
    parts: list[Part]

    @property
    def size(self) -> int:
        return sum(part.size for part in self.parts)


def plan_export(checkpoint: Checkpoint, contents: Contents = "inference") -> Export:
    """What the zip of a checkpoint will hold. The folder is looked at again first.

    Raises CheckpointRefused with the reason when the checkpoint is deleted or damaged.
    """
    if checkpoint.deleted_at:
        raise CheckpointRefused("its files were deleted; only the metrics are left")
    if problem := verify(checkpoint):
        raise CheckpointRefused(problem)
    folder = folder_of(checkpoint)
    on_disk = [
        Part(_name_in_zip(name), size, folder / name)
        for name, size in list_files(folder)
        if contents == "full" or is_for_inference(name)
    ]
    made = {"README.md": model_card(checkpoint, folder), "trainboard.json": provenance(checkpoint)}
    made_parts = [Part(name, len(data), data=data) for name, data in made.items()]
    return Export(file_name(checkpoint), on_disk + made_parts)


def file_name(checkpoint: Checkpoint) -> str:
    """``<run name>-step-<n>.zip``, with what file systems and headers do not take replaced."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", checkpoint.run.name).strip("-.") or checkpoint.run_id
    return f"{name}-step-{checkpoint.step}.zip"


def _name_in_zip(name: str) -> str:
    # A library may have written these itself; ours take their place at the top of the zip.
    return {"README.md": "README.original.md", "trainboard.json": "trainboard.original.json"}.get(name, name)


class OpenZip:
    """The zip of an export with all its files held open, so that a deletion does not cut it off.

    ``length`` is the number of bytes that ``blocks()`` yields. Raises CheckpointRefused when a file went.
    """

    def __init__(self, export: Export) -> None:
        self._files = ExitStack()
        self._zip = ZipStream(sized=True)
        try:
            for part in export.parts:
                self._add(part)
        except OSError as error:
            self.close()
            raise CheckpointRefused(f"a file went while the export began: {error.strerror}") from error
        self.length = len(self._zip)

    def _add(self, part: Part) -> None:
        if part.path is None:
            self._zip.add(part.data, part.name)
        else:
            file = self._files.enter_context(part.path.open("rb"))
            self._zip.add(_read(file), part.name, size=part.size)

    def blocks(self) -> Iterator[bytes]:
        """The zip's bytes: the first at once, about BLOCK at a time after it."""
        yield from self._zip

    def close(self) -> None:
        self._files.close()


def _read(file: BinaryIO) -> Iterator[bytes]:
    while block := file.read(BLOCK):
        yield block
