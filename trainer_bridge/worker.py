"""A worker: says that it lives, claims queued runs, trains as many at once as it has device slots, does errands."""

import logging
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

from trainer_bridge.address import bridge_url, delays
from trainer_bridge.device_slots import DeviceSlots, Slot, visible_devices
from trainer_bridge.errand_worker import ErrandWorker
from trainer_bridge.gpu import gpu_devices
from trainer_bridge.job import Job
from trainer_bridge.keeper import Keeper, fetch_checkpoint
from trainer_bridge.launcher import Launcher
from trainer_bridge.leftovers import Leftovers
from trainer_bridge.machine import describe_machine
from trainer_bridge.own.places import Places
from trainer_bridge.own.watch import OwnFiles
from trainer_bridge.rest import NotAllowed, ServerAway, Waiting, WorkerApi
from trainer_bridge.spool_file import SpoolBusy
from trainer_bridge.supervisor import Supervisor, report_unstarted

log = logging.getLogger("trainer_bridge")

BEAT_EVERY = 5.0
#: Seconds for which a claim is tried while the server is away; after that the next message or beat asks
#: again.
CLAIM_PATIENCE = 60.0


class WorkerAgent:
    """Trains what the server at ``server`` has queued, keeping files under ``data_dir``/runs.

    ``token`` is an API token with the scope "worker". ``work`` may be called from any number of threads:
    never more than ``slots`` device slots are taken. Each has so many ``threads`` of the CPU; ``sharing`` trainings
    may share a GPU. Runs ask for the worker by its ``labels``.
    """

    def __init__(
        self,
        server: str,
        token: str,
        name: str,
        slots: int,
        data_dir: Path | str,
        *,
        threads: int = 1,
        sharing: int = 1,
        labels: Sequence[str] = (),
    ) -> None:
        """Raises ValueError for an address that is none, and for more slots than there are devices for."""
        bridge_url(server)
        self.name = name
        self._slots = DeviceSlots(slots, gpu_devices(), sharing)
        self._labels, self._threads, self._sharing = sorted(set(labels)), threads, sharing
        self._server, self._runs_dir = server, Path(data_dir) / "runs"
        self._api = WorkerApi(server, token, name)
        self._launcher = Launcher()
        self._errands = ErrandWorker(self._api, self._launcher, Path(data_dir))
        self._keeper = Keeper(self._api, self._runs_dir)
        self._own = OwnFiles(Places.of(data_dir), self._launcher, self._api)
        self._leftovers = Leftovers(self._runs_dir, server)
        self._info: dict[str, Any] = {}
        self._lock = threading.Lock()
        self._running: dict[str, Supervisor] = {}
        self._claiming = threading.Lock()
        self._asked = 0
        #: Claims whose answer was never heard: a run may have been given to each.
        self._unanswered: list[str] = []
        self._warm = threading.Event()
        self._stopping = threading.Event()
        self._beat = threading.Event()
        self._beating = threading.Thread(target=self._heartbeat_loop, name="heartbeat", daemon=True)
        self._trouble = ""
        self._missing: set[str] = set()

    def start(self) -> None:
        """Begin to warm up, to send heartbeats and to deliver what earlier workers left. Returns at once."""
        declared = {"labels": self._labels, "threads": self._threads, "sharing": self._sharing}
        self._info = describe_machine() | declared | {"largest": self._slots.largest}
        self._errands.clear()
        self._leftovers.start()
        self._keeper.start()
        self._beating.start()
        threading.Thread(target=self._warm_up, name="warm-up", daemon=True).start()

    def look(self) -> None:
        """Something waits: take it, as far as there is room, on threads of its own. Returns at once."""
        if self._warm.is_set():
            self._errands.look()
        threading.Thread(target=self.work, name="work", daemon=True).start()

    def work(self) -> None:
        """Claim and train until the queue is empty, every slot is taken or the worker shuts down."""
        self._warm.wait()
        asked = self._ask()
        while not self._stopping.is_set() and self._slots.room:
            claimed = self._claim_slots()
            if claimed is not None:
                self._train_on(*claimed)
            # Who asked while all slots were taken went away: look once more for them.
            elif asked == (asked := self._asked):
                return

    def shut_down(self, timeout: float) -> None:
        """Running trainings save and stop; those that have not after ``timeout`` seconds are killed."""
        deadline = time.monotonic() + timeout
        self._stopping.set()
        self._warm.set()
        self._leftovers.stop()
        self._keeper.stop()
        self._errands.shut_down()
        self._own.stop()
        self._beat.set()
        for supervisor in self._supervisors():
            supervisor.stop()
        self._wait_idle(deadline)
        for supervisor in self._supervisors():
            supervisor.kill("the worker was shut down before the training could save")
        self._wait_idle(time.monotonic() + 15)
        if self._beating.is_alive():
            self._beating.join(2)
        self._send_beat("gone")

    # --- trainings ----------------------------------------------------------------------------------------

    def _ask(self) -> int:
        with self._lock:
            self._asked += 1
            return self._asked

    def _claim_slots(self) -> tuple[dict[str, Any], list[Slot]] | None:
        """The next run with the slots that it takes. One claim at a time: each tells how many are free."""
        with self._claiming:
            if not (room := self._slots.room) or (claim := self._claim(room)) is None:
                return None
            return claim, self._slots.take(claim.get("slots", 1))

    def _train_on(self, claim: dict[str, Any], slots: list[Slot]) -> None:
        try:
            self._train(claim, slots)
        finally:
            self._slots.give_back(slots)
            self._beat.set()

    def _claim(self, room: int) -> dict[str, Any] | None:
        """The next run, or None; while the server is away it is asked again for a while."""
        pauses, deadline = delays(0.2, 5), time.monotonic() + CLAIM_PATIENCE
        with self._lock:
            request = self._unanswered.pop() if self._unanswered else uuid4().hex
        while not self._stopping.is_set():
            try:
                return self._api.claim(request, room, self._slots.largest, self._labels)
            except NotAllowed as refusal:
                self._note(_turned_away(refusal))
                return None
            except ServerAway as away:
                self._note(f"the server is away ({away}); trying again")
            if time.monotonic() > deadline:
                break
            self._stopping.wait(next(pauses))
        with self._lock:
            self._unanswered.append(request)
        return None

    def _train(self, claim: dict[str, Any], slots: list[Slot]) -> None:
        job = self._job(claim, slots)
        log.info("training %s (%s), attempt %d", claim.get("name", job.run), job.run, job.attempt)
        try:
            if job.resume_from:
                fetch_checkpoint(self._api, self._runs_dir, job.run, job.resume_from)
            supervisor = Supervisor(job, self._launcher)
        except (OSError, SpoolBusy, ValueError, ServerAway, NotAllowed) as error:
            log.error("run %s cannot be trained here: %s", job.run, error)
            report_unstarted(job, error)
            return
        with self._lock:
            self._running[job.run] = supervisor
        self._beat.set()
        if self._stopping.is_set():
            supervisor.stop()
        try:
            delivered = supervisor.run()
        finally:
            with self._lock:
                self._running.pop(job.run, None)
        log.info("%s (%s) has ended", claim.get("name", job.run), job.run)
        if not delivered:
            self._leftovers.add(job)
        self._keeper.look()

    def _job(self, claim: dict[str, Any], slots: list[Slot]) -> Job:
        processes = claim.get("processes", 1)
        return Job(
            server=self._server,
            token=claim["token"],
            run=claim["run"],
            attempt=claim["attempt"],
            spec=claim["spec"],
            runs_dir=str(self._runs_dir),
            resume_from=claim.get("resume_from"),
            recipes_dir=str(self._own.places.recipe),
            scripts_dir=str(self._own.places.script),
            changes=claim.get("changes") or [],
            forked=bool(claim.get("forked")),
            evaluate=claim.get("evaluate") or {},
            processes=processes,
            threads=max(1, self._threads * len(slots) // processes),
            devices=visible_devices(slots),
        )

    def _supervisors(self) -> list[Supervisor]:
        with self._lock:
            return list(self._running.values())

    def _wait_idle(self, deadline: float) -> None:
        while self._supervisors() and time.monotonic() < deadline:
            time.sleep(0.05)

    # --- signs of life ------------------------------------------------------------------------------------

    def _warm_up(self) -> None:
        for pause in delays(1, 60):
            try:
                seconds = self._launcher.warm_up()
            except Exception as error:
                log.error("the worker cannot train: %s", error)
                self._info["problem"] = str(error)
            else:
                log.info("warm after %.1f s: %d device slots", seconds, len(self._slots.slots))
                self._info.pop("problem", None)
                break
            if self._stopping.wait(pause):
                return
        self._warm.set()
        self._beat.set()
        self._own.start()

    def _heartbeat_loop(self) -> None:
        while not self._stopping.is_set():
            waiting = self._send_beat("ready" if self._warm.is_set() else "warming up")
            if self._warm.is_set():
                self._take(waiting)
            self._beat.wait(BEAT_EVERY)
            self._beat.clear()

    def _take(self, waiting: Waiting) -> None:
        """A message that something waits may have been lost: the server is asked without one."""
        if waiting.errands:
            self._errands.look()
        runs = waiting.runs or (self._unanswered and not self._trouble)
        if runs and self._slots.room:
            threading.Thread(target=self.work, name="work", daemon=True).start()

    def _send_beat(self, state: str) -> Waiting:
        try:
            waiting = self._api.heartbeat(state, len(self._slots.slots), self._slots.busy, self._info)
        except NotAllowed as refusal:
            self._note(_turned_away(refusal))
            return Waiting(0, 0)
        except ServerAway as away:
            self._note(f"no heartbeat reaches the server: {away}")
            return Waiting(0, 0)
        if self._trouble:
            log.info("the server answers again")
            self._trouble = ""
        self._tell_missing(waiting.missing)
        return waiting

    def _tell_missing(self, recipes: tuple[str, ...]) -> None:
        """Said once for each recipe: the runs wait for a worker that has it."""
        if not self._own.told:
            return  # the server does not know yet which it has
        for name in sorted(set(recipes) - self._missing):
            log.warning("queued runs need the recipe %s, which worker %s has not", name, self.name)
        self._missing = set(recipes)

    def _note(self, trouble: str) -> None:
        """Log a trouble once, not with every try."""
        if trouble != self._trouble:
            self._trouble = trouble
            log.warning("worker %s: %s", self.name, trouble)


def _turned_away(refusal: NotAllowed) -> str:
    return f"the server turns this worker away: {refusal}"
