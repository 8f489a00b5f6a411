"""The tar format (POSIX pax, which has no largest size), in one folder."""

import tarfile
from collections.abc import Iterator
from datetime import datetime

from runs.exports.archive import Layout, Segment, fixed
from runs.exports.parts import OpenPart

_BLOCK = tarfile.BLOCKSIZE


def tar_layout(folder: str) -> Layout:
    """All files in ``folder``, the way a tar is unpacked without spilling."""

    def layout(parts: list[OpenPart], time: datetime) -> Iterator[Segment]:
        for part in parts:
            yield fixed(_head(f"{folder}/{part.name}", part.size, time))
            yield Segment(part.size, part=part)
            yield fixed(bytes(-part.size % _BLOCK))
        yield fixed(bytes(2 * _BLOCK))

    return layout


def _head(name: str, size: int, time: datetime) -> bytes:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mtime = size, int(time.timestamp())
    return entry.tobuf(tarfile.PAX_FORMAT, "utf-8", "strict")
