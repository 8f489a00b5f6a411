"""Processes of errands that stay: each holds what took long to load, and answers the next question about it."""

import json
import os
import shutil
import threading
from dataclasses import dataclass, field, replace
from multiprocessing import connection
from pathlib import Path
from uuid import uuid4

from trainer_bridge import errands
from trainer_bridge.errand_child import ErrandJob
from trainer_bridge.launcher import Child, Launcher

#: Processes that stay at once; of more, the one that was asked longest ago goes. Two stand side by side.
MOST = 2


@dataclass(eq=False)
class Resident:
    """``job`` has the folder that is the process's own, and what it was asked last."""

    key: str
    job: ErrandJob
    child: Child
    pipe: connection.Connection
    timer: threading.Timer | None = field(default=None)

    def ask(self, job: ErrandJob) -> None:
        """Hand over another question. Raises OSError where the process is gone."""
        self.job = replace(job, folder=self.job.folder)
        self.pipe.send_bytes(json.dumps(job.payload).encode())

    def end(self) -> None:
        """End the process and remove its folder."""
        if self.timer is not None:
            self.timer.cancel()
        self.child.kill()
        self.child.wait(5)
        self.pipe.close()
        shutil.rmtree(self.job.folder, ignore_errors=True)


def stays_for(kind: str) -> float:
    """Seconds that a process of this kind stays without being asked."""
    return float(errands.module_of(kind).STAYS)


class Residents:
    """The processes that stay, of one worker. One that is asked is not among them until it was given back."""

    def __init__(self, launcher: Launcher, folder: Path) -> None:
        self._launcher, self._folder = launcher, folder
        self._lock = threading.Lock()
        self._idle: dict[str, Resident] = {}
        self._closed = False

    def asked(self, job: ErrandJob) -> Resident:
        """A process that answers ``job``: the one that holds what it is about, or a new one."""
        key = f"{job.kind} {errands.module_of(job.kind).key(job.payload)}"
        with self._lock:
            resident = self._idle.pop(key, None)
        if resident is not None:
            if resident.timer is not None:
                resident.timer.cancel()
            try:
                resident.ask(job)
            except OSError:
                resident.end()
            else:
                return resident
        return self._start(key, job)

    def keep(self, resident: Resident) -> None:
        """It has answered and stays; for so long as its kind says, or until others need its place."""
        with self._lock:
            if self._closed:
                gone = [resident]
            else:
                gone = [self._idle.pop(name) for name in list(self._idle)[: len(self._idle) - MOST + 1]]
                gone += [self._idle.pop(resident.key)] if resident.key in self._idle else []
                self._idle[resident.key] = resident
                resident.timer = threading.Timer(stays_for(resident.job.kind), self._leave, [resident])
                resident.timer.daemon = True
                resident.timer.start()
        for one in gone:
            one.end()

    def close(self) -> None:
        """End all of them."""
        with self._lock:
            self._closed = True
            gone, self._idle = list(self._idle.values()), {}
        for resident in gone:
            resident.end()

    def _start(self, key: str, job: ErrandJob) -> Resident:
        folder = self._folder / f"{os.getpid()}-{uuid4().hex}"
        folder.mkdir(parents=True)
        own = replace(job, folder=str(folder))
        mine, other = connection.Pipe(duplex=True)
        child = self._launcher.start_resident(own, other)
        other.close()
        return Resident(key, own, child, mine)

    def _leave(self, resident: Resident) -> None:
        with self._lock:
            if self._idle.get(resident.key) is not resident:
                return  # it is being asked again
            del self._idle[resident.key]
        resident.end()
