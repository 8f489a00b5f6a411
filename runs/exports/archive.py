"""An archive as a row of segments of known length: any stretch of it can be sent, without the rest being made.

Nothing is compressed (weights hardly shrink), so every byte has its place before the first one is read: the length is
known, and a download that broke off goes on where it was. Equal files give an equal archive.
"""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Self

from runs.exports.parts import OpenPart, Part


@dataclass(frozen=True)
class Segment:
    """``size`` bytes: of ``part`` where it is given, else what ``make`` gives, which is called when it is needed.

    ``ahead`` is work that a later segment waits for, and that can be done while this one is sent.
    """

    size: int
    make: Callable[[], bytes] = bytes
    part: OpenPart | None = None
    ahead: Callable[[], object] | None = None


@dataclass(frozen=True)
class Piece:
    """The bytes from ``start`` to ``stop`` of a segment."""

    segment: Segment
    start: int
    stop: int

    @property
    def file(self) -> BinaryIO | None:
        """The file that they lie in, at the same place; None for bytes that are made."""
        return self.segment.part.file if self.segment.part else None

    @property
    def ahead(self) -> Callable[[], object] | None:
        return self.segment.ahead

    def blocks(self) -> Iterator[bytes]:
        """The bytes, at most a block at a time."""
        if self.segment.part:
            yield from self.segment.part.read(self.start, self.stop)
        else:
            yield self.segment.make()[self.start : self.stop]

    def read_ahead(self, start: int, size: int) -> None:
        """Tell the kernel that the file will soon be read there: no sender waits for the disk."""
        if self.file and hasattr(os, "posix_fadvise"):
            os.posix_fadvise(self.file.fileno(), start, size, os.POSIX_FADV_WILLNEED)


def fixed(data: bytes) -> Segment:
    """A segment of bytes that are known."""
    return Segment(len(data), lambda: data)


#: From open parts and the time that they all get to the segments of an archive.
Layout = Callable[[list[OpenPart], datetime], Iterable[Segment]]


class Archive:
    """An open archive of ``parts``: ``length`` in bytes, ``etag``, and any stretch of it by ``blocks``.

    All files are held open, so a deletion does not cut a download off. Raises OSError where one is not there.
    """

    def __init__(self, parts: list[Part], layout: Layout, time: datetime) -> None:
        self._parts: list[OpenPart] = []
        try:
            for part in parts:
                self._parts.append(OpenPart(part))
        except OSError:
            self.close()
            raise
        self._segments = list(layout(self._parts, time))
        self.length = sum(segment.size for segment in self._segments)
        told = [(part.name, part.stamp) for part in self._parts]
        self.etag = f'"{hashlib.sha256(repr((layout.__module__, time, told)).encode()).hexdigest()[:32]}"'

    def pieces(self, start: int = 0, stop: int | None = None) -> Iterator[Piece]:
        """What lies from ``start`` to ``stop`` (the end), in order."""
        stop = self.length if stop is None else stop
        begin = 0
        for segment in self._segments:
            end = begin + segment.size
            if max(start, begin) < min(stop, end):
                yield Piece(segment, max(start - begin, 0), min(stop, end) - begin)
            begin = end

    def blocks(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The bytes from ``start`` to ``stop`` (the end), at most a block at a time."""
        for piece in self.pieces(start, stop):
            yield from piece.blocks()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        for part in self._parts:
            part.close()
