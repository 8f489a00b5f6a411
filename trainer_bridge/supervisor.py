"""Watches one training, its processes from start to end, and tells the server what they themselves cannot."""

import logging
import threading
import time
from dataclasses import replace
from pathlib import Path

from trainer_bridge.client import BridgeClient, DeliveryRefused, deliver
from trainer_bridge.console import last_lines
from trainer_bridge.facts import installed
from trainer_bridge.git import git_state
from trainer_bridge.job import Job, read_exit_record, remove_ticket, write_ticket
from trainer_bridge.launcher import Launcher
from trainer_bridge.outcome import cause_of, exit_of_record, of_rank
from trainer_bridge.outgoing import Outgoing
from trainer_bridge.printed import PrintedByAll
from trainer_bridge.processes import Processes
from trainer_bridge.protocol import Command, CommandAck, Environment, Exit, State, System, decode_event
from trainer_bridge.rank_environment import free_port
from trainer_bridge.spool import Spool
from trainer_bridge.spool_file import SpoolBusy
from trainer_bridge.system import Sampler

log = logging.getLogger("trainer_bridge")

#: Seconds between two looks at the console log and the child.
TICK = 0.1
SAMPLE_EVERY = 3.0
#: Seconds for delivering the last events while the slot is still held; a server that is away gets them later.
LAST_DELIVERY = 5.0


class Supervisor:
    """One attempt: starts its processes, tails their output, samples the machine, kills on command, reports the
    exit.
    """

    def __init__(self, job: Job, launcher: Launcher) -> None:
        """Raises SpoolBusy, OSError when the attempt's folder cannot be used."""
        self.job = job
        self._launcher = launcher
        self._child: Processes | None = None
        self._lock = threading.Lock()
        self._killed, self._kill_reason = False, ""
        self._stop_asked = False
        job.folder.mkdir(parents=True, exist_ok=True)
        # The open spool comes before the ticket: it tells other workers that the attempt is in hand.
        self._client = BridgeClient(
            job.server, job.token, job.run, job.attempt, "supervisor", job.spool("supervisor"), self._command
        )
        try:
            write_ticket(job)
            self._printed = PrintedByAll(job, self._client.emit)
        except (OSError, SpoolBusy):
            self._client.close(0)
            raise

    def run(self) -> bool:
        """Blocks until the child has ended; whether the server has everything about it now."""
        self._client.emit(State("starting", time.time()))
        try:
            child = self._start()
        except (OSError, EOFError) as error:
            log.exception("run %s could not be started", self.job.run)
            return self._finish(
                self._exit("failed", error=f"The training process could not be started: {error}")
            )
        if child is None:
            return self._finish(
                self._exit("stopped", reason=self._kill_reason or "stopped before it started")
            )
        self._watch(child)
        # What the training started (data loaders) may have outlived it, and would hold its files.
        child.kill()
        self._printed.send(rest=True)
        return self._finish(self._how_it_ended(child))

    def stop(self) -> None:
        """Ask the training to save and stop, as soon as there is one. From any thread."""
        with self._lock:
            self._stop_asked = True
            if self._child is not None:
                self._child.terminate()

    def kill(self, reason: str) -> None:
        """End the training now; ``reason`` stands at the run. From any thread."""
        with self._lock:
            self._killed, self._kill_reason = True, self._kill_reason or reason
            if self._child is not None:
                self._child.kill()

    def _start(self) -> Processes | None:
        """The processes; None when the run was stopped before it had any."""
        with self._lock:
            if self._stop_asked or self._killed:
                return None
            job = replace(self.job, port=free_port()) if self.job.processes > 1 else self.job
            self._child = Processes.start(self._launcher, job)
            return self._child

    # --- while it runs ------------------------------------------------------------------------------------

    def _tell_code(self) -> None:
        """Which code trains, beside what the training itself tells; git may take its time."""
        self._client.emit(Environment({"git": git_state(Path(__file__).parent), "installed": installed()}))

    def _watch(self, child: Processes) -> None:
        threading.Thread(target=self._tell_code, name="code", daemon=True).start()
        sampler = Sampler(child.pids, self.job.paths.folder, self.job.devices)
        self._client.emit(Environment({"limits": sampler.limits()}))
        sampled_at = time.monotonic()
        while not child.wait(TICK):
            self._printed.send()
            if self._client.over:
                # Elsewhere another attempt writes into the same folder, or nobody wants this one any more.
                self.kill(self._client.refused)
            if self._killed:
                child.kill()
            if time.monotonic() - sampled_at >= SAMPLE_EVERY:
                sampled_at = time.monotonic()
                if values := sampler.sample():
                    self._client.emit(System(time.time(), values))

    def _command(self, command: Command) -> None:
        """Killing is the supervisor's; the training answers everything else."""
        if command.kind != "kill":
            return
        self.kill("")
        self._client.emit(CommandAck(command.id, "applied", time.time()))

    # --- how it ended -------------------------------------------------------------------------------------

    def _how_it_ended(self, child: Processes) -> Exit:
        dead = self._dead(child)
        if dead is None and (event := exit_of_record(self.job)) is not None:
            return event
        rank = dead or 0
        code = child.codes[rank]
        number = -code if code is not None and code < 0 else None
        if number is not None and (self._killed or self._stop_asked):
            return self._exit("stopped", signal_number=number, reason=self._kill_reason)
        error = of_rank(replace(self.job, rank=rank), cause_of(code))
        return self._exit("failed", error=error, exit_code=code, signal_number=number, rank=rank)

    def _dead(self, child: Processes) -> int | None:
        """The process that ended without a word of its own, whatever the others then said; None when none did."""
        for one, code in zip(self.job.ranks(), child.codes, strict=True):
            spoke = code in (0, None) or one.rank in child.dragged or read_exit_record(one.exit_record)
            if not spoke:
                return one.rank
        return None

    def _exit(
        self,
        outcome: str,
        *,
        error: str = "",
        exit_code: int | None = None,
        signal_number: int | None = None,
        reason: str = "",
        rank: int = 0,
    ) -> Exit:
        return Exit(
            outcome,  # type: ignore[arg-type]
            time.time(),
            exit_code=exit_code,
            signal=signal_number,
            error=error,
            traceback=last_lines(replace(self.job, rank=rank).console_log) if error else "",
            reason=reason,
        )

    def _finish(self, event: Exit) -> bool:
        """Metrics first, exit last: only when the trainer's events are delivered does the exit leave."""
        # With the server away every second of waiting is one of an empty slot.
        patience = LAST_DELIVERY if self._client.connected else 0.5
        printed = self._printed.close(patience)
        if deliver_trainer(self.job, patience) and printed:
            self._client.emit(event)
            delivered = self._client.close(patience)
        else:
            self._client.close(0)
            append_exit(self.job, event)
            delivered = False
        if delivered or self._client.refused:
            remove_ticket(self.job.folder)
        return delivered or bool(self._client.refused)


def report_unstarted(job: Job, error: Exception) -> None:
    """Tell the server why the worker cannot even begin with an attempt; a full disk is no hindrance."""
    client = BridgeClient(job.server, job.token, job.run, job.attempt, "worker", job.spool("worker"))
    text = f"The worker could not begin with the training: {error}"
    client.emit(Exit("failed", time.time(), error=text))
    client.close(LAST_DELIVERY)


def append_exit(job: Job, event: Exit) -> None:
    """Put the exit behind everything in the supervisor's spool, unless one stands there. Raises SpoolBusy."""
    spool = Spool(job.spool("supervisor"))
    last = spool.pending(spool.last - 1, 1) if spool.last >= spool.first else []
    if not (last and isinstance(decode_event(last[0]), Exit)):
        spool.append(Outgoing().payloads(event))
    spool.close()


def deliver_trainer(job: Job, timeout: float) -> bool:
    """Whether the server has, or will never take, everything that the training wrote. Raises nothing."""
    try:
        return deliver_source(job, "trainer", timeout)
    except SpoolBusy as busy:
        log.warning("run %s: %s", job.run, busy)
        return False


def deliver_source(job: Job, source: str, timeout: float, late: bool = False) -> bool:
    """Whether nothing of ``source`` waits for delivery any more. Raises SpoolBusy."""
    whose = (job.server, job.token, job.run, job.attempt, source, job.spool(source))
    try:
        return deliver(*whose, timeout, late)
    except DeliveryRefused:
        return True
