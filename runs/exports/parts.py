"""The files of an archive: held open while it is sent, read block by block, with the checksum that a zip needs."""

import os
import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from isal.isal_zlib import crc32

#: Bytes read from a file at once.
BLOCK = 1024 * 1024
#: CRC-32 of files that were read whole, by what changes when they do, so that a resumed download reads them once.
_known: OrderedDict[tuple[int, ...], int] = OrderedDict()
_MOST_KNOWN = 4096


@dataclass(frozen=True)
class Part:
    """One file of an archive: from ``path`` on disk, or made on the spot (``data``). ``size`` in bytes."""

    name: str
    size: int
    path: Path | None = None
    data: bytes = b""


class OpenPart:
    """A part that is there to the end, even where its file is deleted meanwhile. Raises OSError where it is not now.

    ``stamp`` differs when the contents do: the bytes themselves where they were made, else what the file system knows.
    """

    def __init__(self, part: Part) -> None:
        self.name, self.size = part.name, part.size
        self._data = part.data
        self.file = part.path.open("rb") if part.path else None
        self._lock = threading.Lock()
        self._summing = threading.Lock()
        self.stamp: tuple[int, ...] = (crc32(part.data), part.size)
        if self.file:
            found = os.fstat(self.file.fileno())
            self.stamp = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)
            if found.st_size != part.size:
                self.close()
                raise OSError(f"{part.name} has changed its size")

    def read(self, start: int, stop: int) -> Iterator[bytes]:
        """The bytes from ``start`` to ``stop``, a block at a time. Raises OSError where the file ends earlier."""
        while start < stop:
            block = self._block(start, min(BLOCK, stop - start))
            if not block:
                raise OSError(f"{self.name} became shorter while it was read")
            start += len(block)
            yield block

    def crc(self) -> int:
        """The CRC-32 of the whole file, read for it when it is not known. Two that ask at once read it once."""
        with self._summing:
            if self.stamp in _known:
                return _known[self.stamp]
            found = 0
            for block in self.read(0, self.size):
                found = crc32(block, found)
        _known[self.stamp] = found
        if len(_known) > _MOST_KNOWN:
            _known.popitem(last=False)
        return found

    def close(self) -> None:
        """Waits for a block that is being read: its number could by then belong to another file."""
        with self._lock:
            if self.file:
                self.file.close()

    def _block(self, start: int, size: int) -> bytes:
        if self.file is None:
            return self._data[start : start + size]
        with self._lock:
            return os.pread(self.file.fileno(), size, start)
