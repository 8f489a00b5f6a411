"""What was written to a terminal, as lines: colours stay as SGR escapes, progress bars collapse to their last state."""

import re

#: Characters of a line that are kept.
MAX_LINE = 10_000

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
#: Escapes that move the cursor, clear, or set titles, and control characters; what is left are colours and text.
_OTHER = re.compile(
    r"\x1b\[(?![0-9;]*m)[0-?]*[ -/]*[@-~]"
    r"|\x1b\][^\x07\x1b\n]*(?:\x07|\x1b\\)?"
    r"|\x1b(?!\[)[ -/]*[0-~]?"
    r"|[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f]"
)
#: A bar below another one is drawn by going down a row, drawing, and going up again.
_ROW_BELOW = re.compile(r"\n[^\n]*?\x1b\[A")


class LineCutter:
    """Cuts what is written, piece by piece, into the lines that a terminal shows in the end."""

    def __init__(self) -> None:
        self._open = ""

    def feed(self, text: str) -> list[str]:
        """The lines that are complete with ``text``. A bar's last line waits for a word more, or ``settle``."""
        *whole, rest = _without_rows_below(self._open + text).split("\n")
        # The row below the bar may be half drawn: then this is not the end of its line.
        if whole and "\r" in whole[-1].rstrip("\r") and (not rest or rest.startswith("\r")):
            rest = f"{whole.pop()}\n{rest}"
        self._open = _shortened(rest)
        return [visible(line) for line in whole]

    def settle(self) -> list[str]:
        """Nothing came for a while: a line that waits is complete."""
        *whole, self._open = self._open.split("\n")
        return [visible(line) for line in whole]

    def rest(self) -> list[str]:
        """All that is left, a last line without its end included."""
        left, self._open = self._open, ""
        return [visible(line) for line in left.removesuffix("\n").split("\n")] if left else []


def visible(line: str) -> str:
    """A line as a terminal would show it in the end: of a progress bar the last state, colours kept as escapes."""
    text = _OTHER.sub("", line.rstrip("\r").rsplit("\r", 1)[-1])
    return text if len(text) <= MAX_LINE else f"{text[:MAX_LINE]} … ({len(text) - MAX_LINE} more characters)"


def plain(text: str) -> str:
    """Without colours."""
    return COLOUR.sub("", text)


def _without_rows_below(text: str) -> str:
    while "\x1b[A" in text and (shorter := _ROW_BELOW.sub("", text)) != text:
        text = shorter
    return text


def _shortened(rest: str) -> str:
    """What is unfinished, of bounded length: of a bar that draws itself again and again only the last state counts."""
    return "\n".join(row[max(row.rstrip("\r").rfind("\r"), 0) :][: 4 * MAX_LINE] for row in rest.split("\n"))
