"""What a script prints goes on to its console, and is kept as lines on the way."""

import sys
import threading
import time
from collections.abc import Iterator
from typing import Any, Literal, TextIO

from trainer_bridge.console import MAX_BYTES
from trainer_bridge.console_text import LineCutter
from trainer_bridge.protocol import ConsoleLine

Name = Literal["stdout", "stderr"]


class Lines:
    """The lines that were completed since they were last taken. ``cut``: so much came that no more is kept."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._whole: list[ConsoleLine] = []
        self._cutters: dict[Name, LineCutter] = {}
        self._size = 0
        self._is_quiet = True
        self.cut = False

    def feed(self, name: Name, text: str) -> None:
        """Take what was written to a stream."""
        if self.cut:
            return
        with self._lock:
            self._keep(name, self._cutters.setdefault(name, LineCutter()).feed(text))
            self._is_quiet = False
            self._size += len(text)
            self.cut = self._size > MAX_BYTES

    def take(self) -> list[ConsoleLine]:
        """The complete lines; they are forgotten here."""
        with self._lock:
            if self._is_quiet:
                for name, cutter in self._cutters.items():
                    self._keep(name, cutter.settle())
            self._is_quiet = True
            taken, self._whole = self._whole, []
        return taken

    def rest(self) -> list[ConsoleLine]:
        """What is left, last lines without an end included."""
        with self._lock:
            for name, cutter in self._cutters.items():
                self._keep(name, cutter.rest())
        return self.take()

    def _keep(self, name: Name, texts: list[str]) -> None:
        now = time.time()
        self._whole += [ConsoleLine(now, name, text) for text in texts]


class Tee:
    """A text stream that also feeds ``lines``; everything else is the stream's own."""

    def __init__(self, stream: TextIO, name: Name, lines: Lines) -> None:
        self._stream, self._name, self._lines = stream, name, lines

    def write(self, text: str) -> int:
        written = self._stream.write(text)
        self._lines.feed(self._name, text)
        return written

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def __iter__(self) -> Iterator[str]:
        return iter(self._stream)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class Capture:
    """Puts a tee before stdout and stderr until ``end``."""

    def __init__(self) -> None:
        self.lines = Lines()
        self._before = (sys.stdout, sys.stderr)
        # A process without a console (a service) has None there.
        self._tees: Any = (
            self._before[0] and Tee(self._before[0], "stdout", self.lines),
            self._before[1] and Tee(self._before[1], "stderr", self.lines),
        )
        sys.stdout, sys.stderr = self._tees

    def end(self) -> None:
        """Take the tees away, unless somebody has put something else there meanwhile."""
        if sys.stdout is self._tees[0]:
            sys.stdout = self._before[0]
        if sys.stderr is self._tees[1]:
            sys.stderr = self._before[1]
