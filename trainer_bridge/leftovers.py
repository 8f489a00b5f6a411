"""Delivers, in the background, what attempts left behind while the server was away or their worker had
died.
"""

import logging
import threading
from dataclasses import replace
from pathlib import Path

from trainer_bridge.address import delays
from trainer_bridge.job import Job, read_ticket, remove_ticket
from trainer_bridge.outcome import exit_of_record
from trainer_bridge.printed import rank_sources
from trainer_bridge.spool import Spool
from trainer_bridge.spool_file import SpoolBusy
from trainer_bridge.supervisor import append_exit, deliver_source

log = logging.getLogger("trainer_bridge")

#: Seconds for one try to deliver one source.
PATIENCE = 30.0


class Leftovers:
    """A thread that tries each attempt again until all of it is delivered."""

    def __init__(self, runs_dir: Path, server: str) -> None:
        self._runs_dir, self._server = runs_dir, server
        self._folders: dict[Path, Job] = {}
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._loop, name="leftovers", daemon=True)

    def start(self) -> None:
        """Begin with what earlier workers left under ``runs_dir``."""
        for job in self._found():
            self.add(job)
        self._thread.start()

    def add(self, job: Job) -> None:
        """Deliver what this attempt left; its processes have ended, or will."""
        with self._lock:
            self._folders[job.folder] = job
        self._wake.set()

    def stop(self) -> None:
        """End after the delivery that is under way; what is not delivered is found by the next worker."""
        self._stopping = True
        self._wake.set()

    def _found(self) -> list[Job]:
        tickets = self._runs_dir.glob("*/attempt-*/undelivered.json")
        jobs = [job for ticket in tickets if (job := read_ticket(ticket.parent)) is not None]
        # The same server may stand at another address today.
        return [_at(job, self._server, self._runs_dir) for job in jobs]

    def _loop(self) -> None:
        pauses = delays(0.5, 30)
        while not self._stopping:
            with self._lock:
                jobs = list(self._folders.values())
            done = [job for job in jobs if not self._stopping and self._try(job)]
            with self._lock:
                for job in done:
                    self._folders.pop(job.folder, None)
                left = bool(self._folders)
            if done:
                pauses = delays(0.5, 30)
            self._wake.wait(next(pauses) if left else None)
            self._wake.clear()

    def _try(self, job: Job) -> bool:
        try:
            return settle(job, PATIENCE)
        except SpoolBusy:
            return False  # the training lives on for a moment without its worker
        except Exception:
            log.exception("what run %s left could not be delivered", job.run)
            return False


def settle(job: Job, timeout: float) -> bool:
    """Deliver everything of an attempt, the training's part before its exit. Raises SpoolBusy."""
    Spool(job.spool("supervisor")).close()  # busy: another worker has the attempt in hand
    if not all(deliver_source(job, source, timeout, late=True) for source in ("trainer", *rank_sources(job))):
        return False
    event = exit_of_record(job)
    if event is not None:
        # The worker may have died between the training's end and its report. Said twice it changes nothing.
        append_exit(job, event)
    if not deliver_source(job, "supervisor", timeout, late=True):
        return False
    remove_ticket(job.folder)
    return True


def _at(job: Job, server: str, runs_dir: Path) -> Job:
    return replace(job, server=server, runs_dir=str(runs_dir))
