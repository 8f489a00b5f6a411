"""A training's console log as lines: read as it grows, progress bars collapsed to their last state."""

import os
import re
import time
from pathlib import Path

from trainer_bridge.protocol import ConsoleLine

#: Characters of a line that are kept.
MAX_LINE = 10_000
#: Bytes read at once; with ten reads a second a flood cannot starve the rest.
CHUNK = 1024 * 1024
#: Bytes of one attempt's output that are sent; the rest stays in the file.
MAX_BYTES = 32 * 1024 * 1024

_ESCAPES = re.compile(rb"\x1b\[[0-9;?]*[ -/]*[@-~]")


class ConsoleTail:
    """Reads ``path`` from where the last read ended. ``cut`` is true once more came than is sent.

    stdout and stderr share one file, so that their order is kept; every line counts as stdout.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._partial = b""
        self.cut = False

    def read(self) -> list[ConsoleLine]:
        """The lines that were completed since the last read; empty when there is nothing yet."""
        return self._lines(self._new_bytes())

    def rest(self) -> list[ConsoleLine]:
        """Everything that is left, a last line without its end included. The writer is gone."""
        lines: list[ConsoleLine] = []
        while data := self._new_bytes():
            lines += self._lines(data)
        if self._partial:
            lines.append(ConsoleLine(time.time(), "stdout", visible(self._partial)))
        self._partial = b""
        return lines

    def _lines(self, data: bytes) -> list[ConsoleLine]:
        *whole, partial = (self._partial + data).split(b"\n")
        # Of a progress bar that draws itself again and again only the last state is kept.
        self._partial = partial[-4 * MAX_LINE :] if b"\r" in partial else partial[: 4 * MAX_LINE]
        now = time.time()
        return [ConsoleLine(now, "stdout", visible(line)) for line in whole]

    def _new_bytes(self) -> bytes:
        if self.cut:
            return b""
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset)
                data = file.read(CHUNK)
        except FileNotFoundError:
            return b""
        self._offset += len(data)
        self.cut = self._offset > MAX_BYTES
        return data


def last_lines(path: Path, count: int = 40) -> str:
    """The last lines of a console log; "" when there is none."""
    try:
        with path.open("rb") as file:
            file.seek(max(os.fstat(file.fileno()).st_size - 64 * 1024, 0))
            lines = file.read().rstrip(b"\n").split(b"\n")
    except OSError:
        return ""
    return "\n".join(visible(line) for line in lines[-count:])


def visible(line: bytes) -> str:
    """A line as a terminal would show it in the end: no escapes, of a progress bar the last state."""
    visible = _ESCAPES.sub(b"", line).rstrip(b"\r").rsplit(b"\r", 1)[-1]
    text = visible.decode(errors="replace")
    return text if len(text) <= MAX_LINE else f"{text[:MAX_LINE]} … ({len(text) - MAX_LINE} more characters)"
