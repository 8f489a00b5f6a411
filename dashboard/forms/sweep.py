"""What one field is swept over, as typed: a list of values or a range, and when it is swept at all."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote

from django.http import QueryDict

from dashboard.forms.values import MAX_TEXT, value_text
from runs.sweeps.grid import MAX_TRIALS
from trainer_bridge.fields import Field, Value, parse_int, parse_number

MODES = ("list", "range", "log")
_LINK = re.compile(r"(list|range|log):(.*)", re.DOTALL)
_SPAN = re.compile(r"(.*)\.\.(.*?)(?::([^:]*))?(?::step=([^:]*))?", re.DOTALL)
#: How a list says "not set" of an optional field.
NOT_SET = "none"


#: The number of points that a grid takes of a range, unless it says otherwise.
POINTS = "4"


@dataclass(frozen=True)
class SweepInput:
    """``values`` belongs to the mode "list"; ``low`` to ``step`` to "range" and "log". All are texts.

    ``count`` is how many points a grid takes of the range, ``step`` the distance of values otherwise ("" for any).
    The field is swept only where ``when_field`` has one of ``when_values``; "" for always.
    """

    mode: str = "list"
    values: str = ""
    low: str = ""
    high: str = ""
    count: str = POINTS
    step: str = ""
    when_field: str = ""
    when_values: str = ""

    @classmethod
    def from_link(cls, text: str) -> "SweepInput":
        """Reads ``list:1e-4,3e-4``, ``log:6e-5..1e-3``, ``range:16..64:4`` and ``range:16..64:4:step=8``; anything else
        is a list.
        """
        match = _LINK.fullmatch(text)
        mode, rest = match.groups() if match else ("list", text)
        span = _SPAN.fullmatch(rest)
        if mode == "list" or span is None:
            return cls("list", rest)
        low, high, count, step = (unquote(part or "") for part in span.groups())
        return cls(mode, "", low, high, POINTS if span[3] is None else count, step)

    @classmethod
    def of(cls, given: Any) -> "SweepInput":
        """What a space holds for the field (runs/sweeps/space.py), as a person would type it."""
        if isinstance(given, list):
            return cls("list", _list_text(given))
        when = given.get("when") or {}
        condition = {"when_field": when.get("field", ""), "when_values": _list_text(when.get("in", []))}
        if "values" in given:
            return cls("list", _list_text(given["values"]), **condition)
        low, high, step = (_text(given.get(name)) for name in ("low", "high", "step"))
        mode = "log" if given.get("scale") == "log" else "range"
        return cls(mode, "", low, high, _text(given.get("count")) or POINTS, step, **condition)

    def to_link(self) -> str:
        """What ``from_link`` reads."""
        if self.mode == "list":
            return "list:" + join_values(split_values(self.values), ",")
        high = re.sub(r"^\.", "%2E", _escaped(self.high))
        step = f":step={_escaped(self.step)}" if self.step else ""
        return f"{self.mode}:{_escaped(self.low)}..{high}:{_escaped(self.count)}{step}"

    def only_when(self, link: str) -> "SweepInput":
        """The same, conditional as ``link`` says: "args.optim:sgd,adafactor"."""
        field, _, values = link.partition(":")
        return replace(self, when_field=field, when_values=values)

    @property
    def condition_link(self) -> str:
        """What ``only_when`` reads; "" for a field that is always swept."""
        if not self.when_field.strip():
            return ""
        return f"{self.when_field.strip()}:{join_values(split_values(self.when_values), ',')}"

    def distribution(self, field: Field, condition: Field | None, *, grid: bool) -> Any:
        """What the space holds for the field. Raises ValueError with a sentence.

        A grid gets the values themselves, rounded as people write them; every other sampler gets the range.
        ``condition`` is the field of ``when_field``, None where there is none of that name.
        """
        points = grid or self.mode == "list"
        found: Any = {"values": self.expand(field)} if points else self._range(field)
        when = self._when(condition)
        if when is not None:
            return {**found, "when": when}
        return found["values"] if points else found

    def _when(self, condition: Field | None) -> dict[str, Any] | None:
        if not self.when_field.strip():
            return None
        if condition is None:
            raise ValueError(f"“Only when” names no field of this form: “{self.when_field}”.")
        texts = split_values(self.when_values)
        if not texts:
            raise ValueError(f"“Only when {self.when_field} is” needs a value, or several.")
        return {"field": self.when_field.strip(), "in": [_parse_one(condition, text) for text in texts]}

    def _range(self, field: Field) -> dict[str, Any]:
        low, high = (self._end(field, text) for text in (self.low, self.high))
        found: dict[str, Any] = {"low": low, "high": high, "scale": "log" if self.mode == "log" else "linear"}
        if field.kind == "int":
            found["int"] = True
        if self.step.strip() and self.mode == "range":
            found["step"] = (parse_int if field.kind == "int" else parse_number)(self.step.strip())
        return found

    def _end(self, field: Field, text: str) -> Any:
        """One end as typed: what the field could not hold is told of it, not of a point in between."""
        if not text.strip():
            raise ValueError("A range needs both ends.")
        return _parse_one(field, text.strip())

    def expand(self, field: Field) -> list[Value]:
        """The values that a grid tries, each once, in order. Raises ValueError with a sentence."""
        texts = split_values(self.values) if self.mode == "list" else self._points(field)
        if not texts:
            raise ValueError("Has no values to try. Give two or more, or turn Sweep off.")
        if len(texts) > MAX_TRIALS:
            raise ValueError(f"Has {len(texts)} values; the most is {MAX_TRIALS}.")
        return list(dict.fromkeys(_parse_one(field, text) for text in texts))

    def _points(self, field: Field) -> list[str]:
        low, high, count = self._bounds(field)
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

    def _bounds(self, field: Field) -> tuple[Any, Any, int]:
        low, high = (self._end(field, text) for text in (self.low, self.high))
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
        count=data.get(f"count.{key}", POINTS)[:MAX_TEXT],
        step=data.get(f"step.{key}", "")[:MAX_TEXT],
        when_field=data.get(f"when_field.{key}", "")[:MAX_TEXT],
        when_values=data.get(f"when_values.{key}", "")[:MAX_TEXT],
    )


def split_values(text: str) -> list[str]:
    """The values of a list: separated by commas, semicolons or space; where a semicolon stands, by it alone, so that
    values may hold the others: "a.csv, b.csv; c.csv".
    """
    parts = text.split(";") if ";" in text else re.split(r"[,\s]+", text)
    return [stripped for part in parts if (stripped := part.strip())]


def join_values(texts: Sequence[str], comma: str = ", ") -> str:
    """What ``split_values`` takes apart again."""
    if not any(re.search(r"[,\s]", text) for text in texts):
        return comma.join(texts)
    return "; ".join(texts) + (";" if len(texts) == 1 else "")


def _escaped(text: str) -> str:
    """A part of a range whose own : and .. part nothing."""
    return text.replace("%", "%25").replace(":", "%3A").replace("..", "%2E%2E")


def _text(value: Value) -> str:
    return "" if value is None else value_text(value)


def _list_text(values: list[Value]) -> str:
    return join_values([NOT_SET if value is None else value_text(value) for value in values])


def _parse_one(field: Field, text: str) -> Value:
    if field.optional and text == NOT_SET and text not in field.choices:
        return None
    try:
        return field.parse(text)
    except ValueError as error:
        raise ValueError(f"{text}: {error}") from error


def _spaced(low: float, high: float, count: int) -> list[float]:
    return [low + (high - low) * i / (count - 1) for i in range(count)]
