"""How a spool lies on the disk: a header with the number of its first record, then records one after another.

A record is its length, its CRC-32 and its bytes, so a tail that was torn by a kill, or damaged, is told from
a whole one.
"""

import fcntl
import os
import struct
import zlib
from array import array
from pathlib import Path

from trainer_bridge.protocol import MAX_FRAME

_MAGIC = b"TBSPOOL1"
_START = struct.Struct("<8sQ")  # magic, number of the first record; its CRC follows
_CRC = struct.Struct("<I")
_RECORD = struct.Struct("<II")  # length, CRC
HEADER_SIZE = _START.size + _CRC.size
RECORD_HEAD = _RECORD.size


class SpoolBusy(RuntimeError):
    """Another process has the spool open."""


def encode_header(first: int) -> bytes:
    """The start of a spool whose first record has the number ``first``."""
    start = _START.pack(_MAGIC, first)
    return start + _CRC.pack(zlib.crc32(start))


def encode_record(payload: bytes) -> bytes:
    """One record as it stands in the file."""
    return _RECORD.pack(len(payload), zlib.crc32(payload)) + payload


def scan(descriptor: int) -> tuple[int, array]:
    """Read a spool: (number of the first record, offsets of all records and of the end of the last whole
    one).

    Stops at the first record that is torn or damaged. A file without a whole header holds nothing: (1, [0]).
    """
    size = os.fstat(descriptor).st_size
    header = os.pread(descriptor, HEADER_SIZE, 0)
    if len(header) < HEADER_SIZE or header != encode_header(first := _START.unpack_from(header)[1]):
        return 1, array("Q", [0])
    offsets = array("Q", [HEADER_SIZE])
    while (end := _end_of_record(descriptor, offsets[-1], size)) is not None:
        offsets.append(end)
    return first, offsets


def _end_of_record(descriptor: int, offset: int, size: int) -> int | None:
    head = os.pread(descriptor, RECORD_HEAD, offset)
    if len(head) < RECORD_HEAD:
        return None
    length, crc = _RECORD.unpack(head)
    end = offset + RECORD_HEAD + length
    if length > MAX_FRAME or end > size:
        return None
    return end if zlib.crc32(os.pread(descriptor, length, offset + RECORD_HEAD)) == crc else None


def open_locked(path: Path) -> int:
    """Open for reading and writing, made if absent, locked against other processes. Raises SpoolBusy,
    OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            lock(descriptor, path)
            if os.fstat(descriptor).st_ino == os.stat(path).st_ino:
                return descriptor
        except FileNotFoundError:
            pass
        except (OSError, SpoolBusy):
            os.close(descriptor)
            raise
        os.close(descriptor)  # it was replaced between opening and locking


def lock(descriptor: int, path: Path) -> None:
    """Hold the file until it is closed. Raises SpoolBusy."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise SpoolBusy(f"{path} is open in another process") from None


def write_all(descriptor: int, data: bytes, offset: int) -> None:
    """Write ``data`` at ``offset``, or leave the file ending there. Raises OSError."""
    view = memoryview(data)
    try:
        while view:
            written = os.pwrite(descriptor, view, offset + len(data) - len(view))
            view = view[written:]
    except OSError:
        os.ftruncate(descriptor, offset)
        raise


def leftover(path: Path) -> bool:
    """Whether a closed spool holds events that may not have been acknowledged. Reads only."""
    try:
        return path.stat().st_size > HEADER_SIZE
    except FileNotFoundError:
        return False
