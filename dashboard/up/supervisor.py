"""Watches the children: passes their lines on, starts a dead one again, stops them in order."""

import signal
import sys
import time
from queue import Empty, SimpleQueue
from types import FrameType

from dashboard.up import StartError
from dashboard.up.child import Child, Ended, Happening, Line, Signal
from dashboard.up.orphans import GRACE as ORPHAN_GRACE
from dashboard.up.orphans import Orphans
from dashboard.up.restarts import QUICK_DEATHS, Restarts

#: Seconds a child gets to end by itself: running trainings save first.
GRACE = 90.0
#: The same after a second Ctrl-C.
HURRY = 5.0


def say(text: str) -> None:
    """One line to the terminal; a closed pipe behind it is no reason to stop trainings."""
    try:
        print(text, flush=True)
    except OSError:
        sys.stdout = None  # print() is silent from now on


class Supervisor:
    """The children in the order they were added; they are stopped in the opposite order."""

    def __init__(self) -> None:
        self.happenings: SimpleQueue[Happening] = SimpleQueue()
        self.children: list[Child] = []
        self.signals = 0
        self._restarts: dict[Child, Restarts] = {}
        self._due: dict[Child, float] = {}
        self._orphans = Orphans()

    def listen_to_signals(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        self.happenings.put(Signal(number))

    def start(self, child: Child) -> None:
        """Start a new child and watch it from now on."""
        self.children.append(child)
        self._restarts[child] = Restarts()
        child.start()

    def step(self, timeout: float | None) -> Happening | None:
        """Wait for the next thing to happen, at most ``timeout`` seconds, and note it."""
        try:
            happening = self.happenings.get(timeout=timeout)
        except Empty:
            return None
        if isinstance(happening, Line):
            say(f"{happening.child.name:<6} | {happening.text}")
        elif isinstance(happening, Signal):
            self.signals += 1
        elif happening.child.process and happening.child.process.pid == happening.pid:
            happening.child.ended = True
        return happening

    def run(self) -> int:
        """Watch until somebody asks to stop (0) or a child cannot be kept alive (1)."""
        while not self.signals:
            happening = self.step(self._until_next_start())
            if isinstance(happening, Ended) and not self._plan_restart(happening):
                return 1
            self._start_due()
        return 0

    def _until_next_start(self) -> float | None:
        return max(0.0, min(self._due.values()) - time.monotonic()) if self._due else None

    def _plan_restart(self, end: Ended) -> bool:
        child = end.child
        delay = self._restarts[child].after_death(time.monotonic() - child.started_at)
        if delay is None:
            say(f"The {child.name} process died {QUICK_DEATHS} times in quick succession; Trainboard stops.")
            say(last_words(child))
            return False
        say(f"The {child.name} process ended unexpectedly ({describe(end.code)}); it is started again.")
        self._due[child] = time.monotonic() + delay
        return True

    def _start_due(self) -> None:
        for child in [child for child, when in self._due.items() if when <= time.monotonic()]:
            if child.alone and self._orphans.left(self._pids()):
                self._due[child] = time.monotonic() + 0.2
                continue
            del self._due[child]
            child.start()
            child.go()

    def _pids(self) -> set[int]:
        return {child.process.pid for child in self.children if child.process}

    def stop(self) -> None:
        """Stop the children, last started first, so that the web still takes the worker's last events."""
        for child in reversed(self.children):
            self._stop(child)
            self._outlast_orphans()

    def _stop(self, child: Child) -> None:
        if child.ended:
            return
        child.ask_to_stop()
        seen = self.signals
        deadline = time.monotonic() + self._patience()
        while not child.ended and time.monotonic() < deadline:
            self.step(0.1)
            if self.signals > seen:
                seen = self.signals
                say("Hurrying: what does not end within a few seconds is killed.")
                child.ask_to_stop()
                deadline = min(deadline, time.monotonic() + HURRY)
        if not child.ended:
            say(f"The {child.name} process did not end; it is killed.")
            child.kill()
            self._drain(child)

    def _outlast_orphans(self) -> None:
        while self._orphans.left(self._pids(), HURRY if self.signals > 1 else ORPHAN_GRACE):
            self.step(0.05)

    def _patience(self) -> float:
        return HURRY if self.signals > 1 else GRACE

    def _drain(self, child: Child) -> None:
        deadline = time.monotonic() + 2
        while not child.ended and time.monotonic() < deadline:
            self.step(0.1)

    def require(self, child: Child) -> None:
        """Raise StartError when a child that is needed to start has ended, or somebody asked to stop."""
        if self.signals:
            raise StartError("Stopped before Trainboard was ready.")
        if child.ended:
            # Its lines were shown as they came; the last one says why.
            why = child.last_lines[-1] if child.last_lines else "it said nothing"
            raise StartError(f"The {child.name} process could not start: {why}")


def last_words(child: Child) -> str:
    """The last lines a child wrote."""
    return "\n".join(["Its last lines:", *(f"  {line}" for line in child.last_lines)])


def describe(code: int) -> str:
    """An exit status in words: "exit status 3", "signal SIGKILL"."""
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"
