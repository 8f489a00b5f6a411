"""The zip format, stored: where each byte of it is, before any file was read.

A file's checksum stands behind its contents (a data descriptor), because only then it is known without reading all of
it first. Fields of 64 bits are used only for what needs them, which old programs cannot read.
"""

import struct
from collections.abc import Iterator
from datetime import datetime

from runs.exports.archive import Segment, fixed
from runs.exports.parts import OpenPart

_LOCAL, _DESCRIPTOR, _CENTRAL = 0x04034B50, 0x08074B50, 0x02014B50
_END64, _LOCATOR64, _END = 0x06064B50, 0x07064B50, 0x06054B50
#: A field of 32 (16) bits that holds this says: look into the one of 64.
_FULL32, _FULL16 = 0xFFFFFFFF, 0xFFFF
#: Bit 3: the checksum comes after the contents. Bit 11: names are UTF-8.
_FLAGS = 0x0808
_UNIX = 3
_PLAIN_FILE = 0o100644 << 16


def zip_layout(parts: list[OpenPart], time: datetime) -> Iterator[Segment]:
    """Each file with its head and checksum, then the directory of all."""
    entries, at = [], 0
    for part in parts:
        entries.append((part, at))
        pieces = [fixed(_local(part, time)), Segment(part.size, part=part, ahead=part.crc), _descriptor(part)]
        at += sum(piece.size for piece in pieces)
        yield from pieces
    size = sum(len(_central(part, begin, time, 0)) for part, begin in entries)

    def directory() -> bytes:
        return b"".join(_central(part, begin, time, part.crc()) for part, begin in entries)

    yield Segment(size, directory)
    yield fixed(_end(len(entries), size, at))


def _is_wide(part: OpenPart) -> bool:
    return part.size >= _FULL32


def _version(*wide: bool) -> int:
    return 45 if any(wide) else 20


def _dos(time: datetime) -> tuple[int, int]:
    """Time and date in the two seconds and the years since 1980 of MS-DOS."""
    return (
        time.hour << 11 | time.minute << 5 | time.second // 2,
        max(time.year - 1980, 0) << 9 | time.month << 5 | time.day,
    )


def _local(part: OpenPart, time: datetime) -> bytes:
    name, wide = part.name.encode(), _is_wide(part)
    extra = struct.pack("<HHQQ", 1, 16, 0, 0) if wide else b""
    size = _FULL32 if wide else 0
    head = (_LOCAL, _version(wide), _FLAGS, 0, *_dos(time), 0, size, size, len(name), len(extra))
    return struct.pack("<IHHHHHIIIHH", *head) + name + extra


def _descriptor(part: OpenPart) -> Segment:
    form = struct.Struct("<IIQQ" if _is_wide(part) else "<IIII")
    return Segment(form.size, lambda: form.pack(_DESCRIPTOR, part.crc(), part.size, part.size))


def _central(part: OpenPart, begin: int, time: datetime, crc: int) -> bytes:
    name, wide, far = part.name.encode(), _is_wide(part), begin >= _FULL32
    numbers = [part.size] * 2 * wide + [begin] * far
    extra = struct.pack(f"<HH{len(numbers)}Q", 1, 8 * len(numbers), *numbers) if numbers else b""
    size, version = _FULL32 if wide else part.size, _version(wide, far)
    made_by = _UNIX << 8 | version
    head = (_CENTRAL, made_by, version, _FLAGS, 0, *_dos(time), crc, size, size, len(name), len(extra))
    place = (0, 0, 0, _PLAIN_FILE, _FULL32 if far else begin)
    return struct.pack("<IHHHHHHIIIHHHHHII", *head, *place) + name + extra


def _end(count: int, size: int, at: int) -> bytes:
    """Where the directory is. One that is out of reach of 32 bits is told by a second, wider end before this one."""
    wide = b""
    if at >= _FULL32 or size >= _FULL32 or count >= _FULL16:
        end64 = (_END64, 44, _UNIX << 8 | 45, 45, 0, 0, count, count, size, at)
        wide = struct.pack("<IQHHIIQQQQ", *end64) + struct.pack("<IIQI", _LOCATOR64, 0, at + size, 1)
    few = min(count, _FULL16)
    return wide + struct.pack("<IHHHHIIH", _END, 0, 0, few, few, min(size, _FULL32), min(at, _FULL32), 0)
