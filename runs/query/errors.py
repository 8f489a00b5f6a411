"""What is wrong with a filter, and where."""

from typing import Any


class QueryError(ValueError):
    """A filter that cannot be understood.

    ``at`` … ``end`` are the characters at fault (from 0), ``expected`` what could stand there, ``nearest`` a
    known word to put in their place ("" when none is near).
    """

    def __init__(
        self, message: str, at: int, end: int | None = None, *, expected: str = "", nearest: str = ""
    ) -> None:
        super().__init__(message)
        self.message, self.at, self.end = message, at, at + 1 if end is None else end
        self.expected, self.nearest = expected, nearest
        #: The parameter whose text it is about, for those that have several.
        self.field = "q"

    @property
    def fault(self) -> str:
        """What is wrong, where, and what could stand there; people count characters from 1."""
        expected = f" Expected: {self.expected}." if self.expected else ""
        return f"{self.message} (character {self.at + 1}).{expected}"

    @property
    def sentence(self) -> str:
        """The fault, and the nearest known word."""
        return f"{self.fault} Did you mean {self.nearest}?" if self.nearest else self.fault

    def pointed(self, text: str) -> str:
        """The sentence above the filter with a mark under the characters at fault, for a terminal."""
        marks = "^" * max(1, min(self.end, len(text)) - self.at)
        return f"{self.sentence}\n  {text}\n  {' ' * self.at}{marks}"

    def fixed(self, text: str) -> str:
        """The filter with the nearest word in place of the fault; "" when there is none."""
        return f"{text[: self.at]}{self.nearest}{text[self.end :]}" if self.nearest else ""

    def as_data(self, text: str) -> dict[str, Any]:
        """For scripts: what the sentence says, in parts."""
        return {
            "message": self.sentence,
            "fault": self.fault,
            "at": self.at,
            "end": self.end,
            "expected": self.expected,
            "nearest": self.nearest,
            "fixed": self.fixed(text),
        }
