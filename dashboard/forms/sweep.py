"""What one field is swept over, as typed: a list of values, or a range expanded to points."""

import math
import re
from dataclasses import dataclass
from urllib.parse import unquote

from django.http import QueryDict

from dashboard.forms.values import MAX_TEXT, value_text
from runs.sweeps.grid import MAX_TRIALS
from trainer_bridge.fields import Field, Value, parse_int, parse_number

MODES = ("list", "range", "log")
_LINK = re.compile(r"(list|range|log):(.*)", re.DOTALL)
_SPAN = re.compile(r"(.*)\.\.(.*?)(?::([^:]*))?", re.DOTALL)
#: How a list says "not set" of an optional field.
NOT_SET = "none"


@dataclass(frozen=True)
class SweepInput:
    """``values`` belongs to the mode "list"; the rest to "range" and "log". All are texts."""

    mode: str = "list"
    values: str = ""
    low: str = ""
    high: str = ""
    count: str = "4"

    @classmethod
    def from_link(cls, text: str) -> "SweepInput":
        """Reads ``list:1e-4,3e-4``, ``log:6e-5..1e-3`` and ``range:16..64:4``; anything else is a list."""
        match = _LINK.fullmatch(text)
        mode, rest = match.groups() if match else ("list", text)
        span = _SPAN.fullmatch(rest)
        if mode == "list" or span is None:
            return cls("list", rest)
        low, high, count = (unquote(part) for part in span.groups("4"))
        return cls(mode, "", low, high, count)

    @classmethod
    def of(cls, values: list[Value]) -> "SweepInput":
        """The list of ``values``, as a person would type it."""
        return cls("list", ", ".join(NOT_SET if value is None else value_text(value) for value in values))

    def to_link(self) -> str:
        """What ``from_link`` reads."""
        if self.mode == "list":
            return "list:" + ",".join(split_values(self.values))
        high = re.sub(r"^\.", "%2E", _escaped(self.high))
        return f"{self.mode}:{_escaped(self.low)}..{high}:{_escaped(self.count)}"

    def expand(self, field: Field) -> list[Value]:
        """The values to try, each once, in order. Raises ValueError with a sentence."""
        texts = split_values(self.values) if self.mode == "list" else self._points(field)
        if not texts:
            raise ValueError("Has no values to try. Give two or more, or turn Sweep off.")
        if len(texts) > MAX_TRIALS:
            raise ValueError(f"Has {len(texts)} values; the most is {MAX_TRIALS}.")
        return list(dict.fromkeys(_parse_one(field, text) for text in texts))

    def _points(self, field: Field) -> list[str]:
        low, high, count = self._bounds()
        if self.mode == "log":
            if low <= 0 or high <= 0:
                raise ValueError("A log range needs both ends above 0. Use Range or List for 0.")
            raw = [math.exp(x) for x in _spaced(math.log(low), math.log(high), count)]
        else:
            raw = _spaced(low, high, count)
        if field.kind == "int":
            return [str(round(x)) for x in raw]
        # The ends stay as typed; what lies between is rounded, as people write such values.
        digits = 3 if self.mode == "log" else 6
        return [value_text(x) for x in (low, *(float(f"{x:.{digits}g}") for x in raw[1:-1]), high)]

    def _bounds(self) -> tuple[float, float, int]:
        if not self.low.strip() or not self.high.strip():
            raise ValueError("A range needs both ends.")
        low, high = parse_number(self.low.strip()), parse_number(self.high.strip())
        count = parse_int(self.count.strip() or "4")
        if not 2 <= count <= MAX_TRIALS:
            raise ValueError(f"A range has 2 to {MAX_TRIALS} points, not {count}.")
        if low == high:
            raise ValueError("Both ends of the range are the same. Turn Sweep off, or widen it.")
        return low, high, count


def sweep_from_post(data: QueryDict, key: str) -> SweepInput:
    """The sweep typed at ``key``. A list comes as one text, or as the ticked values of a choice."""
    mode = data.get(f"mode.{key}", "list")
    return SweepInput(
        mode=mode if mode in MODES else "list",
        values=", ".join(data.getlist(f"list.{key}"))[:MAX_TEXT],
        low=data.get(f"low.{key}", "")[:MAX_TEXT],
        high=data.get(f"high.{key}", "")[:MAX_TEXT],
        count=data.get(f"count.{key}", "4")[:MAX_TEXT],
    )


def split_values(text: str) -> list[str]:
    """The values of a list: separated by commas, semicolons or space."""
    return [part for part in re.split(r"[,;\s]+", text) if part]


def _escaped(text: str) -> str:
    """A part of a range whose own : and .. part nothing."""
    return text.replace("%", "%25").replace(":", "%3A").replace("..", "%2E%2E")


def _parse_one(field: Field, text: str) -> Value:
    if field.optional and text == NOT_SET and text not in field.choices:
        return None
    try:
        return field.parse(text)
    except ValueError as error:
        raise ValueError(f"{text}: {error}") from error


def _spaced(low: float, high: float, count: int) -> list[float]:
    return [low + (high - low) * i / (count - 1) for i in range(count)]
