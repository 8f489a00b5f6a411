"""Does errands beside the trainings: claims them, runs each in a warm child, ends those that nobody wants."""

import logging
import os
import shutil
import threading
import time
from multiprocessing import connection
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil

from trainer_bridge import errands
from trainer_bridge.errand_child import ErrandJob
from trainer_bridge.errand_watch import Watch
from trainer_bridge.launcher import Child, Launcher
from trainer_bridge.residents import Residents
from trainer_bridge.rest import NotAllowed, ServerAway, WorkerApi

log = logging.getLogger("trainer_bridge")

#: Tries to deliver the last word, which costs the person a second try when it is lost.
LAST_TRIES = 5


class ErrandWorker:
    """At most ``errands.AT_ONCE`` children at once, each in a folder of its own under ``data_dir``/errands."""

    def __init__(self, api: WorkerApi, launcher: Launcher, data_dir: Path) -> None:
        self._api, self._launcher = api, launcher
        self._data_dir, self._folder = data_dir.resolve(), data_dir.resolve() / "errands"
        self._lock = threading.Lock()
        self._taken = 0
        self._asked = 0
        self._stopping = threading.Event()
        self._children: set[Child] = set()
        self._residents = Residents(launcher, self._folder)

    def look(self) -> None:
        """Do what waits, on a thread of its own, until nothing does or all places are taken."""
        with self._lock:
            self._asked += 1
        threading.Thread(target=self._work, name="errand", daemon=True).start()

    def shut_down(self) -> None:
        """End the children; the server gives what they had in hand to another worker."""
        self._stopping.set()
        with self._lock:
            for child in self._children:
                child.kill()
        self._residents.close()

    def clear(self) -> None:
        """Remove the folders that dead workers left."""
        for left in self._folder.glob("*-*"):
            owner = left.name.partition("-")[0]
            if not (owner.isdigit() and psutil.pid_exists(int(owner))):
                shutil.rmtree(left, ignore_errors=True)

    def _work(self) -> None:
        asked = self._asked
        while not self._stopping.is_set() and self._take_place():
            try:
                claim = self._claim()
                if claim is not None:
                    self._do(claim)
            finally:
                self._free_place()
            # Who asked while all places were taken went away: look once more for them.
            if claim is None and asked == (asked := self._asked):
                return

    def _take_place(self) -> bool:
        with self._lock:
            if self._taken >= errands.AT_ONCE:
                return False
            self._taken += 1
            return True

    def _free_place(self) -> None:
        with self._lock:
            self._taken -= 1

    def _claim(self) -> dict[str, Any] | None:
        try:
            return self._api.claim_errand()
        except (ServerAway, NotAllowed) as problem:
            # The next heartbeat that comes through says that something waits.
            log.debug("no errand can be claimed: %s", problem)
            return None

    def _do(self, claim: dict[str, Any]) -> None:
        folder = self._folder / f"{os.getpid()}-{uuid4().hex}"
        job = ErrandJob(
            claim["errand"],
            claim["attempt"],
            claim["kind"],
            claim["payload"],
            str(folder),
            str(self._data_dir),
        )
        try:
            folder.mkdir(parents=True)
            word = self._of_resident(job) if errands.stays(job.kind) else self._watched(job)
        except Exception as error:
            log.exception("the errand %s could not be done", job.errand)
            word = {"failure": f"The worker could not do it: {error}"}
        if word is not None:
            self._last_word(job, word)
        shutil.rmtree(folder, ignore_errors=True)

    def _watched(self, job: ErrandJob) -> dict[str, Any] | None:
        """The last word about the errand; None when nobody wants it."""
        limit = errands.time_limit(job.kind)
        mine, other = connection.Pipe(duplex=False)
        child = self._launcher.start_errand(job, other)
        other.close()
        with self._lock:
            self._children.add(child)
        try:
            word = Watch(job, child, mine, self._api, limit).follow(self._stopping)
            # A child that was ended with its worker has not failed.
            return None if self._stopping.is_set() else word
        finally:
            child.kill()
            child.wait(5)
            mine.close()
            with self._lock:
                self._children.discard(child)

    def _of_resident(self, job: ErrandJob) -> dict[str, Any] | None:
        """The last word of a process that stays when it has answered; None when nobody wants it."""
        resident = self._residents.asked(job)
        with self._lock:
            self._children.add(resident.child)
        word = None
        try:
            limit = errands.time_limit(job.kind)
            word = Watch(resident.job, resident.child, resident.pipe, self._api, limit).follow(self._stopping)
            return None if self._stopping.is_set() else word
        finally:
            with self._lock:
                self._children.discard(resident.child)
            # What failed may have left the process anyhow: only one that has answered is asked again.
            self._residents.keep(resident) if word and "result" in word else resident.end()

    def _last_word(self, job: ErrandJob, word: dict[str, Any]) -> None:
        if "failure" in word:
            word = {"failure": word["failure"][:2000], "details": word.get("details", "")[-20_000:]}
        for pause in (0.0, 0.2, 0.5, 1.0, 2.0)[:LAST_TRIES]:
            time.sleep(pause)
            try:
                self._api.tell_errand(job.errand, job.attempt, **word)
            except ServerAway as away:
                log.debug("the errand's end was not heard: %s", away)
            except NotAllowed as refusal:
                log.warning("the errand's end was refused: %s", refusal)
                return
            else:
                return
