"""Blocks of columns as bytes with a checksum: the format of chunks, their outlines and pending points.

A block is: CRC-32 of the rest, format number, rows, columns, then a directory (kind and length of each
column), then the columns. The first column of every block is the step. A reader decodes only the columns it
asks for.
"""

import struct
import zlib
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate

import numpy as np

from runs.series import column
from runs.series.points import COLUMNS, Points, dtype_of

FORMAT = 1
_HEAD = struct.Struct("<IBII")
_ENTRY = struct.Struct("<BI")
Buffer = bytes | memoryview


class DamagedError(ValueError):
    """Stored bytes that are not what was written; the text says how one can tell."""


class Block:
    """An opened block: ``rows``, ``columns``, and each column decoded when asked for."""

    def __init__(self, data: Buffer) -> None:
        view = memoryview(data)
        if len(view) < _HEAD.size:
            raise DamagedError(f"only {len(view)} bytes of points are stored")
        checksum, form, self.rows, self.columns = _HEAD.unpack_from(view)
        if zlib.crc32(view[4:]) != checksum:
            raise DamagedError(f"the checksum of {len(view)} stored bytes of points does not match")
        if form != FORMAT:
            raise DamagedError(f"points are stored in format {form}; this version reads format {FORMAT}")
        self._view = view
        end = _HEAD.size + self.columns * _ENTRY.size
        self._entries = list(_ENTRY.iter_unpack(view[_HEAD.size : end]))
        self._starts = list(accumulate((length for _, length in self._entries), initial=end))
        self._steps: np.ndarray | None = None

    def column(self, index: int) -> np.ndarray:
        """Column ``index`` as int64. Raises DamagedError."""
        if index == 0:
            return self._step_column()
        return self._decode(index, self._step_column if self._is_ratio(index) else None)

    def floats(self, index: int) -> np.ndarray:
        """Column ``index`` as float64. Raises DamagedError."""
        return self.column(index).view("<f8")

    def _is_ratio(self, index: int) -> bool:
        return self._entries[index][0] in column.RATIOS

    def _step_column(self) -> np.ndarray:
        if self._steps is None:
            self._steps = self._decode(0, None)
        return self._steps

    def _decode(self, index: int, steps: Callable[[], np.ndarray] | None) -> np.ndarray:
        kind, length = self._entries[index]
        start = self._starts[index]
        try:
            data = self._view[start : start + length]
            return column.decode(kind, data, self.rows, steps() if steps else None)
        except (ValueError, struct.error, zlib.error) as error:
            raise DamagedError(f"column {index} of stored points cannot be read: {error}") from error


def pack(columns: Sequence[np.ndarray], *, ratio: int | None = None) -> bytes:
    """Columns of one length as a compressed block. ``ratio``: which may be written as a ratio of the step."""
    steps = columns[0]
    return _seal(len(steps), [column.encode(c, steps if i == ratio else None) for i, c in enumerate(columns)])


def pack_fast(shared: Sequence[np.ndarray], values: np.ndarray, *, ratio: int | None = None) -> bytes:
    """The same from shared columns and the rows of ``values``, with next to no time spent on its size."""
    steps = shared[0]
    parts = [column.encode_fast(c, steps if i == ratio else None) for i, c in enumerate(shared)]
    parts += [(column.Kind.RAW, row.tobytes()) for row in values]
    return _seal(len(steps), parts)


def _seal(rows: int, parts: Sequence[tuple[int, bytes]]) -> bytes:
    directory = b"".join(_ENTRY.pack(kind, len(data)) for kind, data in parts)
    body = b"".join([_HEAD.pack(0, FORMAT, rows, len(parts))[4:], directory, *(data for _, data in parts)])
    return struct.pack("<I", zlib.crc32(body)) + body


def encode(points: Points) -> bytes:
    """All columns of points, compressed and checksummed."""
    return pack([points[name] for name in COLUMNS], ratio=COLUMNS.index("epoch"))


def decode(data: Buffer, names: Iterable[str] = COLUMNS) -> Points:
    """The named columns of what ``encode`` made. Raises DamagedError."""
    block = Block(data)
    if block.columns != len(COLUMNS):
        raise DamagedError(f"stored points have {block.columns} columns; {len(COLUMNS)} are expected")
    return {name: block.column(COLUMNS.index(name)).view(dtype_of(name)) for name in names}
