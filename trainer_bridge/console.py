"""A training's console log as lines, read as it grows."""

import codecs
import os
import time
from pathlib import Path

from trainer_bridge.console_text import LineCutter, plain, visible
from trainer_bridge.protocol import ConsoleLine

#: Bytes read at once; with ten reads a second a flood cannot starve the rest.
CHUNK = 1024 * 1024
#: Bytes of one attempt's output that are sent; the rest stays in the file.
MAX_BYTES = 32 * 1024 * 1024


class ConsoleTail:
    """Reads ``path`` from where the last read ended. ``cut`` is true once more came than is sent.

    stdout and stderr share one file, so that their order is kept; every line counts as stdout.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._text = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._cutter = LineCutter()
        self.cut = False

    def read(self) -> list[ConsoleLine]:
        """The lines that were completed since the last read; empty when there is nothing yet."""
        data = self._new_bytes()
        return _lines(self._cutter.feed(self._text.decode(data)) if data else self._cutter.settle())

    def rest(self) -> list[ConsoleLine]:
        """Everything that is left, a last line without its end included. The writer is gone."""
        lines: list[str] = []
        while data := self._new_bytes():
            lines += self._cutter.feed(self._text.decode(data))
        return _lines(lines + self._cutter.rest())

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
    """The last lines of a console log, without colours; "" when there is none."""
    try:
        with path.open("rb") as file:
            file.seek(max(os.fstat(file.fileno()).st_size - 64 * 1024, 0))
            lines = file.read().rstrip(b"\n").decode(errors="replace").split("\n")
    except OSError:
        return ""
    return "\n".join(plain(visible(line)) for line in lines[-count:])


def _lines(texts: list[str]) -> list[ConsoleLine]:
    now = time.time()
    return [ConsoleLine(now, "stdout", text) for text in texts]
