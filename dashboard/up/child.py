"""One child process of `up`: started in a session of its own, its lines and its end put into a queue."""

import os
import signal
import subprocess
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import IO

from dashboard.up.orphans import mark


@dataclass(frozen=True)
class Line:
    """A child wrote a line."""

    child: "Child"
    text: str


@dataclass(frozen=True)
class Ended:
    """A child's process is over; ``code`` is the exit status, negative for a signal."""

    child: "Child"
    pid: int
    code: int


@dataclass(frozen=True)
class Signal:
    """Somebody asked `up` to stop."""

    number: int


Happening = Line | Ended | Signal


@dataclass(eq=False)
class Child:
    """A command run as a child. ``start`` may be called again after it ended."""

    name: str
    command: list[str]
    happenings: "SimpleQueue[Happening]"
    environment: dict[str, str] = field(default_factory=dict)
    pass_fds: tuple[int, ...] = ()
    process: "subprocess.Popen[bytes] | None" = None
    started_at: float = 0.0
    #: Started again only when nothing of its predecessor is left.
    alone: bool = False
    ended: bool = False
    last_lines: deque[str] = field(default_factory=lambda: deque(maxlen=15))

    def start(self) -> None:
        # Its own session: Ctrl-C in the terminal reaches only `up`, which stops the children in order.
        self.process = subprocess.Popen(  # noqa: S603 - our own commands
            self.command,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **mark(), **self.environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=self.pass_fds,
            start_new_session=True,
        )
        self.started_at = time.monotonic()
        self.ended = False
        self.last_lines.clear()
        reader = threading.Thread(target=self._read, args=(self.process.stdout,), daemon=True)
        reader.start()
        threading.Thread(target=self._wait, args=(self.process, reader), daemon=True).start()

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def go(self) -> None:
        """Say to the waiting child that it may begin (see tether)."""
        if self.process and self.process.stdin:
            try:
                self.process.stdin.write(b"g")
                self.process.stdin.flush()
            except BrokenPipeError:
                return  # it is dead already; its end is on the way through the queue

    def ask_to_stop(self) -> None:
        if self.alive and self.process:
            self.process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the child and what shares its session, at once."""
        if self.alive and self.process:
            os.killpg(self.process.pid, signal.SIGKILL)

    def _read(self, output: IO[bytes]) -> None:
        for raw in output:
            text = raw.decode(errors="replace").rstrip()
            if text:
                self.last_lines.append(text)
                self.happenings.put(Line(self, text))
        output.close()

    def _wait(self, process: "subprocess.Popen[bytes]", reader: threading.Thread) -> None:
        code = process.wait()
        # Its last lines first; not for ever, a grandchild may hold the pipe open.
        reader.join(timeout=0.3)
        self.happenings.put(Ended(self, process.pid, code))
