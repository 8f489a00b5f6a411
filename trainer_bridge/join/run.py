"""A run of this process: what a loop without a Trainer logs to, and what a callback or ``exec`` reports through."""

import atexit
import contextlib
import os
import signal
import threading
import time
import traceback
from collections.abc import Mapping
from types import SimpleNamespace, TracebackType
from typing import Any, Literal, Self

from trainer_bridge.agreement import Together, Wish
from trainer_bridge.control import Control
from trainer_bridge.facts import process_facts
from trainer_bridge.join import failure
from trainer_bridge.join.client import JoiningClient
from trainer_bridge.join.local import LocalRun
from trainer_bridge.join.monitor import Monitor
from trainer_bridge.join.ranks import Rank
from trainer_bridge.join.tee import Capture
from trainer_bridge.join.wish import say
from trainer_bridge.protocol import (
    Command,
    CommandAck,
    Environment,
    Event,
    Exit,
    Metrics,
    Progress,
    State,
    Warning,
)
from trainer_bridge.steering import Wheel
from trainer_bridge.values import Measures, as_step

#: Seconds that the last word about a killed process gets to leave.
LAST_WORD = 2.0
PROGRESS_EVERY = 0.25


class Run:
    """``log`` what is measured; ``finish``, or leave the ``with`` block. All of it works without a server.

    ``id`` names the run; ``url`` is its page, "" until the server has answered; ``rank`` which process this is.
    """

    def __init__(
        self, local: LocalRun, token: str, rank: Rank, console: bool = True, argv: list[str] | None = None
    ) -> None:
        """Raises SpoolBusy when another process reports as this one."""
        self.id, self.rank = local.meta.run, rank
        self._pid, self._local = os.getpid(), local
        self._client = JoiningClient(local.meta.server, token, local, rank.source, self._command)
        capture = Capture() if console else None
        self.control = Control(self.emit)
        self.control.can_save = self.control.can_evaluate = False
        self._measures = Measures(self._left_out)
        self._step, self._progress_at, self._running = -1, 0.0, False
        self._trainers = 0
        self._ended = False
        self._together = Together()
        facts = (lambda: process_facts(argv)) if rank.number == 0 else None
        self._monitor = Monitor(self.emit, rank, self._local.folder, capture, facts)
        failure.watch()
        atexit.register(self._at_exit)

    @property
    def url(self) -> str:
        return self._client.started.url if self._client.started else ""

    @property
    def attempt(self) -> int:
        return self._client.attempt

    @property
    def ended(self) -> bool:
        return self._ended

    @property
    def refused(self) -> str:
        """Why the server does not take this run; "" while it does, or has not answered."""
        return self._client.refused

    @property
    def stop_asked(self) -> bool:
        """Whether somebody pressed Stop. A loop without a Trainer looks here between its steps.

        Of several processes only the first one hears of it: see ``stop_agreed``.
        """
        if self._trainers:
            return bool(self.control.stop_reason)  # a Trainer is at work, which obeys by itself
        flags = SimpleNamespace(should_training_stop=False, should_save=False, should_evaluate=False)
        self.control.apply(Wheel(flags, max(self._step, 0)))
        return bool(self.control.stop_reason)

    def stop_agreed(self) -> bool:
        """``stop_asked``, with the same answer in all processes; each of them asks at the same point of its loop.

        They talk over torch.distributed, once it is initialized.
        """
        if self.rank.world == 1:
            return self.stop_asked
        asked = self.rank.number == 0 and self.stop_asked
        return bool(self._together.share(Wish(stop=self.control.stop_reason if asked else "")).stop)

    def emit(self, event: Event) -> None:
        """Send an event of the protocol; one queue put. A forked child has nobody to send it."""
        if os.getpid() == self._pid:
            self._client.emit(event)

    def log(self, values: Mapping[str, Any], step: Any = None, epoch: float | None = None) -> None:
        """Keep what was measured at ``step`` (the next one when it is not given). Raises nothing.

        Only the first process of a training reports; what is no number, no step or has no usable name is left
        out, and told once.
        """
        if self.rank.number or self._ended:
            return
        try:
            number = self._step + 1 if step is None else as_step(step)
        except ValueError as error:
            self._left_out("step", f"A log is left out: {error}.")
            return
        self._step = max(self._step, number)
        self._begin(number)
        if numbers := self._measures.numbers(values):
            self.emit(Metrics(number, time.time(), numbers, epoch))

    def finish(
        self,
        outcome: Literal["finished", "stopped", "failed"] = "finished",
        *,
        error: str = "",
        reason: str = "",
        trace: str = "",
        exit_code: int | None = None,
    ) -> bool:
        """Say how the run ended and deliver what a server that is there takes; whether it has everything now."""
        if self._ended or os.getpid() != self._pid:
            return False
        self._ended = True
        atexit.unregister(self._at_exit)
        self.control.end("the run has ended")
        self._monitor.end()
        step = self._step if self._step >= 0 else None
        if self.rank.number == 0:
            now = time.time()
            self.emit(Exit(outcome, now, step, exit_code, None, error[:2000], trace[-100_000:], reason))
        elif error:
            self.emit(
                Warning(
                    f"{self.rank.source} failed", f"Process {self.rank.number} failed: {error}", time.time()
                )
            )
        delivered = self._client.finish()
        if not delivered and not self._client.refused and self._client.started:
            say(f"{self._local.folder} holds what the server has not got yet; python -m trainer_bridge sync")
        return delivered

    def fail(self, error: BaseException) -> bool:
        """``finish`` after an exception; Ctrl-C is no failure."""
        if isinstance(error, KeyboardInterrupt):
            return self.finish("stopped", reason="interrupted by Ctrl-C")
        last = traceback.format_exception_only(error)[-1].strip()
        return self.finish("failed", error=last, trace="".join(traceback.format_exception(error)))

    def describe(self, values: dict[str, Any]) -> None:
        """Add to what the run's page shows it ran with; "config" adds to its configuration."""
        self.emit(Environment(values))

    def next_trainer(self) -> str:
        """What stands before the series of one more Trainer of this process: "" for the first."""
        self._trainers += 1
        return "" if self._trainers == 1 else f"trainer{self._trainers}/"

    def fresh_control(self) -> Control:
        """The control for a Trainer that begins; the former one's has ended."""
        if self.control.ended:
            self.control = Control(self.emit)
        self.control.can_save = True
        return self.control

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.finish(*_if_stopped(self))
        else:
            self.fail(error)

    # --- inside -------------------------------------------------------------------------------------------

    def _begin(self, step: int) -> None:
        """The first thing measured means that it trains; after that where it is, a few times a second."""
        now = time.monotonic()
        if not self._running and not self._trainers:
            self._running = True
            # A later attempt begins a new history after the step before its first.
            resumed = max(step - 1, 0) if self.attempt > 1 else None
            self.emit(State("running", time.time(), resumed_step=resumed))
        if now - self._progress_at >= PROGRESS_EVERY and not self._trainers:
            self._progress_at = now
            self.emit(Progress(step, time.time(), 0))

    def _left_out(self, code: str, text: str) -> None:
        say(text)
        self.emit(Warning(code, text, time.time()))

    def _command(self, command: Command) -> None:
        if command.kind == "kill":
            self._kill(command)
        else:
            self.control.receive(command)

    def _kill(self, command: Command) -> None:
        """End this process now, on the client's thread: the training's may hang."""
        self._monitor.end()
        self.emit(CommandAck(command.id, "applied", time.time()))
        if self.rank.number == 0:
            self.emit(Exit("stopped", time.time(), signal=signal.SIGKILL))
        threading.Thread(target=self._die, name="trainboard-kill").start()

    def _die(self) -> None:
        self._client.flush(LAST_WORD)
        os.kill(os.getpid(), signal.SIGKILL)

    def _at_exit(self) -> None:
        with contextlib.suppress(Exception):
            if failure.seen() is not None:
                self.fail(failure.seen())  # type: ignore[arg-type]
            else:
                self.finish(*_if_stopped(self))


def _if_stopped(run: Run) -> tuple[Literal["finished", "stopped"]]:
    return ("stopped",) if run.control.stop_reason else ("finished",)
