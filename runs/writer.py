"""The one writer of a web process: what all bridges sent at a moment goes into one commit.

SQLite admits one writer at a time and a durable commit costs a flush to the disk, so ten runs that commit
together cost what one costs. A job is a function that writes; it runs in a savepoint of the shared
transaction, so one that fails undoes only itself. A job's caller is answered after the commit.
"""

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from django.db import DatabaseError, OperationalError, connection, transaction

log = logging.getLogger(__name__)

T = TypeVar("T")
#: The most jobs in one commit: bounds how long the first of them waits.
GROUP = 64
#: After a commit of so many jobs the writer rests as long as it took, at most REST seconds: meanwhile more joins
#: each bridge's next batch, which costs about the same, and the pages get their turn.
MANY = 16
REST = 0.1
#: The most jobs that may wait; each connection has one at a time, so this many connections.
WAITING = 10_000


@dataclass
class Job(Generic[T]):
    """A function that writes. A group runs sorted by ``order``, so all processes lock rows in one order."""

    write: Callable[[], T]
    order: str
    loop: asyncio.AbstractEventLoop
    done: "asyncio.Future[T]"
    result: Any = None
    problem: BaseException | None = field(default=None)

    def run(self) -> None:
        self.result = self.problem = None
        try:
            with transaction.atomic():
                self.result = self.write()
        except Exception as problem:
            self.problem = problem

    def answer(self) -> None:
        """Tell the waiting coroutine; its loop may be gone when the server stops."""
        try:
            self.loop.call_soon_threadsafe(self._settle)
        except RuntimeError:
            log.debug("nobody waits for a job any more")

    def _settle(self) -> None:
        if self.done.cancelled():
            return
        if self.problem is not None:
            self.done.set_exception(self.problem)
        else:
            self.done.set_result(self.result)


class Writer:
    """A thread that takes everything that waits, writes it, commits, and answers."""

    def __init__(self) -> None:
        self._jobs: queue.Queue[Job[Any] | None] = queue.Queue(WAITING)
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    async def submit(self, write: Callable[[], T], order: str = "") -> T:
        """What ``write`` returned, once it is committed. Raises what it raised, or why the commit failed."""
        loop = asyncio.get_running_loop()
        job = Job(write, order, loop, loop.create_future())
        self._start()
        self._jobs.put_nowait(job)
        return await job.done

    def stop(self, timeout: float = 10) -> None:
        """Write what waits, then end the thread."""
        thread = self._thread
        if thread is not None and thread.is_alive():
            self._jobs.put(None)
            thread.join(timeout)

    def _start(self) -> None:
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._work, name="writer", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        try:
            while (jobs := self._take()) is not None:
                begun = time.monotonic()
                commit(jobs)
                if len(jobs) >= MANY:
                    time.sleep(min(time.monotonic() - begun, REST))
        finally:
            connection.close()

    def _take(self) -> list[Job[Any]] | None:
        """Wait for a job, then take all that wait with it. None: stop."""
        first = self._jobs.get()
        if first is None:
            return None
        jobs = [first]
        while len(jobs) < GROUP and not self._jobs.empty():
            job = self._jobs.get_nowait()
            if job is None:
                self._jobs.put(None)
                break
            jobs.append(job)
        return jobs


def commit(jobs: list[Job[Any]]) -> None:
    """Run the jobs in one transaction and answer them; if its commit fails, each in one of its own."""
    jobs.sort(key=lambda job: job.order)
    problem = _run_together(jobs)
    if problem is not None and len(jobs) > 1:
        log.warning("%d batches could not be stored together, trying one by one: %s", len(jobs), problem)
        for job in jobs:
            commit([job])
        return
    for job in jobs:
        job.problem = job.problem or problem
        job.answer()


def _run_together(jobs: list[Job[Any]]) -> Exception | None:
    """Why the commit failed; None when it did not. A job's own problem is the job's."""
    try:
        with transaction.atomic():
            for job in jobs:
                job.run()
            _still_open(jobs)
    except Exception as problem:
        # The connection may be what is broken, and a new one costs a millisecond.
        _forget_connection()
        return problem
    if any(isinstance(job.problem, DatabaseError) for job in jobs):
        _forget_connection()
    return None


def _still_open(jobs: list[Job[Any]]) -> None:
    """Raise when the database has undone the transaction by itself, as SQLite does when the disk is full.

    Django leaves such a transaction quietly, and what was undone would be answered as stored.
    """
    undone = transaction.get_rollback() or (
        connection.vendor == "sqlite" and not connection.connection.in_transaction
    )
    if undone:
        first = next((job.problem for job in jobs if isinstance(job.problem, DatabaseError)), None)
        raise first or OperationalError("the database undid the transaction")


def _forget_connection() -> None:
    try:
        connection.close()
    except Exception as problem:
        log.warning("the broken database connection did not close: %s", problem)


#: The writer of this process.
writer = Writer()
