"""Beside a training, on a thread of its own: its console output, the machine's samples, what it runs on."""

import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from trainer_bridge.join.ranks import Rank
from trainer_bridge.join.tee import Capture
from trainer_bridge.protocol import Console, Environment, Event, System, Warning
from trainer_bridge.system import Sampler

log = logging.getLogger("trainer_bridge")

#: Seconds between two looks at the console.
TICK = 0.2
SAMPLE_EVERY = 3.0
#: Lines of output in one event.
LINES = 500


class Monitor:
    """Emits until ``end``. ``facts`` is called once, on the monitor's thread, and may take its time."""

    def __init__(
        self,
        emit: Callable[[Event], None],
        rank: Rank,
        folder: Path,
        capture: Capture | None,
        facts: Callable[[], dict[str, Any]] | None,
    ) -> None:
        self._emit, self._rank, self._folder = emit, rank, folder
        self._capture, self._facts = capture, facts
        self._ending = threading.Event()
        self._said_cut = False
        self._thread = threading.Thread(target=self._loop, name="trainboard-monitor", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Emit what is left of the console, and stop."""
        if self._ending.is_set():
            return
        self._ending.set()
        self._thread.join(2)
        if self._capture is not None:
            self._capture.end()
            self._send_lines(rest=True)

    def _loop(self) -> None:
        try:
            self._tell_facts()
            sampler = Sampler([os.getpid()], self._folder if self._folder.exists() else Path.cwd())
            if self._facts is not None:
                self._emit(Environment({"limits": sampler.limits()}))
            sampled_at = time.monotonic()
            while not self._ending.wait(TICK):
                self._send_lines()
                if time.monotonic() - sampled_at >= SAMPLE_EVERY:
                    sampled_at = time.monotonic()
                    self._send_sample(sampler)
        except Exception:
            log.exception("the machine and the console are not watched any more")

    def _tell_facts(self) -> None:
        if self._facts is None:
            return
        try:
            self._emit(Environment(self._facts()))
        except Exception:
            log.exception("what the training runs on could not be found out")

    def _send_sample(self, sampler: Sampler) -> None:
        values = {self._rank.own_key(key): value for key, value in sampler.sample().items()}
        if values:
            self._emit(System(time.time(), values))

    def _send_lines(self, rest: bool = False) -> None:
        if self._capture is None:
            return
        lines = self._capture.lines.rest() if rest else self._capture.lines.take()
        for start in range(0, len(lines), LINES):
            self._emit(Console(lines[start : start + LINES]))
        if self._capture.lines.cut and not self._said_cut:
            self._said_cut = True
            self._emit(Warning("console", "The output is too long: what comes now is not kept.", time.time()))
