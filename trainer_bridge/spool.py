"""A durable queue of numbered events: what a bridge keeps until the server has acknowledged it.

``append`` hands every group to the operating system before it returns, so events survive ``kill -9`` of the
process; ``sync`` (the client calls it about once a second) makes them survive a power cut as well. A torn or
damaged tail is cut when the file is opened. While the disk refuses, events wait in bounded memory and
training goes on.
"""

import errno
import os
import threading
import time
from array import array
from collections import deque
from collections.abc import Iterable
from itertools import islice, pairwise
from pathlib import Path

from trainer_bridge.protocol import MAX_FRAME
from trainer_bridge.spool_file import (
    HEADER_SIZE,
    RECORD_HEAD,
    SpoolBusy,
    encode_header,
    encode_record,
    leftover,
    lock,
    open_locked,
    scan,
    write_all,
)

#: Acknowledged bytes that are worth shrinking the file for.
COMPACT_BYTES = 256 * 1024
#: The most bytes that wait in memory while the disk refuses; what comes after is dropped and counted.
MEMORY_BYTES = 32 * 1024 * 1024
#: Seconds between two tries to write while the disk refuses.
RETRY_AFTER = 1.0


class Spool:
    """The events of one source of one attempt. All methods may be called from any thread.

    ``last`` is the highest number given, ``acknowledged`` the highest the server has (as far as this process
    knows), ``opened_last`` the highest found when the file was opened, ``dropped`` how many events neither
    disk nor memory took, ``cut_bytes`` how much of a damaged tail was cut, ``problem`` what the disk says (""
    when it works).
    """

    def __init__(self, path: Path | str) -> None:
        """Open or create ``path``. Raises SpoolBusy; a disk that refuses is a ``problem``, not an
        exception.
        """
        self.path = Path(path)
        self._lock = threading.RLock()
        self._descriptor: int | None = None
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._retry_at = 0.0
        self._unsynced = self._closed = False
        self.problem, self.dropped, self.cut_bytes = "", 0, 0
        self._shift = 0  # by how much ``renumber`` has raised the numbers
        # The records of the file: the number of the first, and where each begins (and the last ends).
        self._first, self._offsets = 1, array("Q", [0])
        try:
            self._open()
        except OSError as error:
            self._refused(error)
        self.opened_last = self.last
        self.acknowledged = self._first - 1

    @property
    def last(self) -> int:
        return self._file_last + len(self._waiting)

    @property
    def first(self) -> int:
        """The number of the first event that is still kept."""
        return self._first

    @property
    def waiting(self) -> int:
        """How many events wait in memory because the disk refuses."""
        return len(self._waiting)

    @property
    def _file_last(self) -> int:
        return self._first + len(self._offsets) - 2

    def append(self, payloads: Iterable[bytes]) -> int:
        """Number the events and write them; returns the last number. Never raises for a full disk."""
        with self._lock:
            for payload in payloads:
                if self._waiting_bytes + len(payload) > MEMORY_BYTES:
                    self._write_waiting()
                self._wait_in_memory(payload)
            self._write_waiting()
            return self.last

    def pending(self, after: int, max_events: int, max_bytes: int = MAX_FRAME) -> list[bytes]:
        """The events numbered ``after + 1`` and on: at most so many and so large together, but at least one.

        Raises ValueError when they were forgotten already.
        """
        with self._lock:
            index = after + 1 - self._first
            if index < 0:
                raise ValueError(f"event {after + 1} is no longer in the spool; its first is {self._first}")
            if after < self._file_last:
                return self._read(index, min(index + max_events, len(self._offsets) - 1), max_bytes)
            start = after - self._file_last
            return _within(islice(self._waiting, start, start + max_events), max_bytes)

    def acknowledge(self, number: int) -> None:
        """The server has everything up to ``number``: forget it, and shrink the file when that is worth
        it.
        """
        with self._lock:
            number = min(number, self.last)
            if number <= self.acknowledged or self._closed:
                return
            self.acknowledged = number
            if number > self._file_last:
                self._forget_waiting(number - self._file_last)
                self._restart(number + 1)
            elif self._freed_bytes() >= COMPACT_BYTES:
                self._compact()

    def mark(self) -> int:
        """Names the last event of now, for ``is_acknowledged``; holds when events are renumbered."""
        with self._lock:
            return self.last - self._shift

    def is_acknowledged(self, mark: int) -> bool:
        """Whether the server has everything up to that mark."""
        with self._lock:
            return self.acknowledged >= mark + self._shift

    def renumber(self, keep_after: int, first: int) -> None:
        """Number what stands after ``keep_after`` from ``first`` on: the server counted otherwise than this
        file.
        """
        with self._lock:
            kept: list[bytes] = []
            while self.last > keep_after + len(kept):
                kept += self.pending(keep_after + len(kept), 10_000)
            self._waiting, self._waiting_bytes = deque(kept), sum(map(len, kept))
            self.acknowledged = first - 1
            self._shift += first - 1 - keep_after
            self._restart(first)
            self._write_waiting()

    def sync(self) -> None:
        """Make what was written survive a power cut (fsync). Waits for the disk, holds no other thread."""
        with self._lock:
            descriptor, unsynced, self._unsynced = self._descriptor, self._unsynced, False
        if descriptor is None or not unsynced:
            return
        try:
            os.fsync(descriptor)
        except OSError as error:
            if error.errno != errno.EBADF:  # a rewrite took its place meanwhile
                self.problem = str(error)

    def close(self) -> None:
        """Write and sync what waits, shrink the file if everything is acknowledged, release it."""
        with self._lock:
            if self._closed:
                return
            self._retry_at = 0.0
            self._write_waiting()
            if self.acknowledged >= self.last:
                self._compact()
            self.sync()
            self._closed = True
            if self._descriptor is not None:
                os.close(self._descriptor)
                self._descriptor = None

    # --- writing ------------------------------------------------------------------------------------------

    def _open(self) -> None:
        descriptor = open_locked(self.path)
        try:
            self._first, self._offsets = scan(descriptor)
            self.cut_bytes = os.fstat(descriptor).st_size - self._offsets[-1]
            os.ftruncate(descriptor, self._offsets[-1])
        except OSError:
            os.close(descriptor)
            raise
        self._descriptor = descriptor

    def _wait_in_memory(self, payload: bytes) -> None:
        if self._waiting_bytes + len(payload) > MEMORY_BYTES or self._closed:
            self.dropped += 1
            return
        self._waiting.append(payload)
        self._waiting_bytes += len(payload)

    def _write_waiting(self) -> None:
        """Move what waits in memory into the file; on an error it stays, whole, and is tried again later."""
        if not self._waiting or self._closed or time.monotonic() < self._retry_at:
            return
        records = [encode_record(payload) for payload in self._waiting]
        try:
            descriptor = self._ready_descriptor()
            end = self._offsets[-1]
            write_all(descriptor, b"".join(records), end)
        except (OSError, SpoolBusy) as error:
            self._refused(error)
            return
        for record in records:
            end += len(record)
            self._offsets.append(end)
        self._waiting.clear()
        self._waiting_bytes, self._unsynced, self.problem = 0, True, ""

    def _ready_descriptor(self) -> int:
        """The open file with a header. Raises OSError, SpoolBusy."""
        if self._descriptor is None:
            if leftover(self.path):
                raise OSError(f"{self.path} holds events of an earlier process")
            self._descriptor = open_locked(self.path)
            os.ftruncate(self._descriptor, 0)
        if self._offsets[0] == 0:
            write_all(self._descriptor, encode_header(self._first), 0)
            self._offsets[0] = HEADER_SIZE
        return self._descriptor

    def _refused(self, error: Exception) -> None:
        self.problem = str(error)
        self._retry_at = time.monotonic() + RETRY_AFTER

    # --- reading and forgetting ---------------------------------------------------------------------------

    def _read(self, start: int, stop: int, max_bytes: int) -> list[bytes]:
        """Records ``start`` … ``stop - 1`` (indexes into the file), as many as fit into ``max_bytes``."""
        base = self._offsets[start]
        while stop > start + 1 and self._offsets[stop] - base > max_bytes:
            stop = start + max((stop - start) // 2, 1)
        data = os.pread(self._open_descriptor(), self._offsets[stop] - base, base)
        bounds = [offset - base for offset in self._offsets[start : stop + 1]]
        return [data[a + RECORD_HEAD : b] for a, b in pairwise(bounds)]

    def _open_descriptor(self) -> int:
        if self._descriptor is None:
            raise ValueError(f"the spool {self.path} is closed")
        return self._descriptor

    def _forget_waiting(self, count: int) -> None:
        for _ in range(count):
            self._waiting_bytes -= len(self._waiting.popleft())

    def _freed_bytes(self) -> int:
        """Bytes that shrinking would free, 0 when more than half of the file would have to be copied."""
        done = self._offsets[self.acknowledged - self._first + 1]
        return done if 2 * done >= self._offsets[-1] else 0

    def _compact(self) -> None:
        try:
            if self.acknowledged < self._file_last:
                self._rewrite(self.acknowledged + 1)
            elif len(self._offsets) > 1:
                self._restart(self._file_last + 1)
        except (OSError, SpoolBusy) as error:
            self._refused(error)

    def _restart(self, first: int) -> None:
        """Empty the file in place; ``first`` is the number of its next record."""
        self._first, self._offsets = first, array("Q", [0])
        if self._descriptor is None:
            return
        try:
            os.ftruncate(self._descriptor, 0)
            self._ready_descriptor()
        except OSError as error:
            self._refused(error)

    def _rewrite(self, first: int) -> None:
        """Copy the records from ``first`` on into a new file that takes the old one's place at once."""
        descriptor, index = self._open_descriptor(), first - self._first
        start = self._offsets[index]
        temporary = self.path.with_name(self.path.name + ".new")
        fresh = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            lock(fresh, temporary)
            body = os.pread(descriptor, self._offsets[-1] - start, start)
            write_all(fresh, encode_header(first) + body, 0)
            os.replace(temporary, self.path)
        except (OSError, SpoolBusy):
            os.close(fresh)
            raise
        self._offsets = array("Q", (offset - start + HEADER_SIZE for offset in self._offsets[index:]))
        self._first, self._descriptor = first, fresh
        os.close(descriptor)


def _within(payloads: Iterable[bytes], max_bytes: int) -> list[bytes]:
    total = 0
    kept: list[bytes] = []
    for payload in payloads:
        total += len(payload) + RECORD_HEAD
        if kept and total > max_bytes:
            break
        kept.append(payload)
    return kept
