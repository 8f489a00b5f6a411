"""One value a person may set: how it is named, bounded, read from text and judged. No torch here."""

import difflib
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from trainer_bridge.json_values import json_problem, parse_json

Kind = Literal["int", "float", "bool", "choice", "text", "json"]
#: What a "json" field holds. A "text or list" is a text as it is, unless it begins with a bracket.
Shape = Literal["", "object", "list", "text or list"]
Value = int | float | bool | str | dict[str, Any] | list[Any] | None

#: Characters that may be typed into one line, and into a field of several lines.
MAX_TEXT = 2_000
MAX_LONG_TEXT = 50_000

_TRUE = frozenset({"true", "yes", "on", "1"})
_FALSE = frozenset({"false", "no", "off", "0"})
_FACTORS = {"k": 1e3, "m": 1e6, "g": 1e9}
_NUMBER = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)([kmg]?)", re.IGNORECASE)
_NOT_FINITE = frozenset({"nan", "inf", "infinity"})
_JSON_KINDS: dict[type, str] = {dict: "object", list: "list", str: "text"}
_SHAPES = {
    "": 'Must be a JSON object {"name": value} or a list [value, value].',
    "object": 'Must be a JSON object: {"name": value}.',
    "list": 'Must be a JSON list: ["text", "text"].',
    "text or list": 'Must be text, or a JSON list of texts: ["text", "text"].',
}


@dataclass(frozen=True)
class Field:
    """What a form, the API and the training process know about one settable value.

    ``minimum`` and ``maximum`` are allowed values, ``above`` and ``below`` are not. ``optional`` admits None
    (an empty text). ``step_count`` marks a float that counts steps from 1 on, so must be whole there, and is
    a ratio below 1. A "json" field holds an object or a list, as ``shape`` says ("" for both), and is typed as JSON;
    the parts of a list are among ``choices`` where there are any. ``long`` marks a text of several lines.
    """

    name: str
    kind: Kind
    default: Value
    help: str = ""
    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None
    below: float | None = None
    multiple_of: int | None = None
    choices: tuple[str, ...] = ()
    #: Names that a form offers as switches of an object: pressed, the name is in it with options of its own.
    switches: tuple[str, ...] = ()
    optional: bool = False
    step_count: bool = False
    shape: Shape = ""
    long: bool = False

    @property
    def several_lines(self) -> bool:
        return self.long or self.kind == "json"

    @property
    def max_length(self) -> int:
        """The most characters that its text may have."""
        return MAX_LONG_TEXT if self.several_lines else MAX_TEXT

    def parse(self, text: str) -> Value:
        """The value that ``text`` means, bounds checked. Raises ValueError with a sentence for people."""
        if len(text) > self.max_length:
            raise ValueError(f"Is longer than {number_text(self.max_length)} characters.")
        value = self._read(text.strip())
        if problem := self.problem(value):
            raise ValueError(problem)
        return value

    def problem(self, value: Any) -> str | None:
        """Why ``value`` cannot be used, as a sentence; None if it can."""
        if value is None:
            return None if self.optional else "Needs a value."
        if self.kind == "bool":
            return None if isinstance(value, bool) else f"Must be true or false, not {value!r}."
        if self.kind in ("choice", "text"):
            return self._text_problem(value)
        if self.kind == "json":
            return self._json_problem(value)
        return self._number_problem(value)

    def _read(self, text: str) -> Value:
        if text == "" and (self.optional or self.kind != "text"):
            return None
        if self.kind == "bool":
            return parse_bool(text)
        if self.kind == "int":
            return parse_int(text)
        if self.kind == "float":
            number = parse_number(text)
            return int(number) if self.step_count and number >= 1 and number.is_integer() else number
        return self._read_json(text) if self.kind == "json" else text

    def _read_json(self, text: str) -> Value:
        if text.startswith(("{", "[")):
            return parse_json(text)
        if self.shape == "text or list":
            return text
        raise ValueError(_SHAPES[self.shape])

    def _json_problem(self, value: Any) -> str | None:
        found = _JSON_KINDS.get(type(value), "")
        if not found or found not in (self.shape or "object or list"):
            return _SHAPES[self.shape]
        if self.choices and (strange := [part for part in value if part not in self.choices]):
            return self._not_a_choice(strange[0])
        return json_problem(value)

    def _not_a_choice(self, value: Any) -> str:
        hint = did_you_mean(str(value), self.choices)
        return f"“{value}” is not one of {', '.join(self.choices)}.{hint}"

    def _text_problem(self, value: Any) -> str | None:
        if not isinstance(value, str):
            return f"Must be text, not {value!r}."
        if not value.strip():
            return "Must not be empty."
        if self.kind == "choice" and value not in self.choices:
            return self._not_a_choice(value)
        return None

    def _number_problem(self, value: Any) -> str | None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return f"Must be a number, not {value!r}."
        if isinstance(value, float) and not math.isfinite(value):
            return "Must be a finite number."
        if self.kind == "int" and not isinstance(value, int):
            return f"Must be a whole number, not {number_text(value)}."
        return self._bound_problem(value) or self._grain_problem(value)

    def _bound_problem(self, value: float) -> str | None:
        if self.above is not None and value <= self.above:
            return f"Must be above {number_text(self.above)}."
        if self.below is not None and value >= self.below:
            return f"Must be below {number_text(self.below)}.{self._default_hint()}"
        if self.minimum is not None and value < self.minimum:
            return f"Must be {number_text(self.minimum)} or more."
        if self.maximum is not None and value > self.maximum:
            return f"Must be at most {number_text(self.maximum)}."
        return None

    def _grain_problem(self, value: float) -> str | None:
        if self.multiple_of and value % self.multiple_of:
            return f"Must be a multiple of {self.multiple_of}. {self._nearest_multiple(value)}"
        if self.step_count and value > 1 and value != int(value):
            return f"Must be whole from 1 on, where it counts steps, not {number_text(value)}."
        return None

    def _nearest_multiple(self, value: float) -> str:
        step = self.multiple_of or 1
        return f"Did you mean {max(1, round(value / step)) * step}?"

    def _default_hint(self) -> str:
        """Offer the default, where it is a telling value (0.999) and not just "none of it" (0)."""
        return f" Did you mean {self.default}?" if self.default else ""


def parse_number(text: str) -> float:
    """A finite number from ``3e-4``, ``1/2``, ``1k`` or ``1_000``. Raises ValueError with a sentence."""
    numerator, slash, denominator = text.partition("/")
    number = _plain_number(numerator, text)
    if not slash:
        return number
    divisor = _plain_number(denominator, text)
    if divisor == 0:
        raise ValueError(f"“{text}” divides by zero.")
    return number / divisor


def parse_int(text: str) -> int:
    """A whole number, written as in :func:`parse_number`. Raises ValueError with a sentence."""
    if re.fullmatch(r"[+-]?\d+", digits := text.replace("_", "")) and len(digits) <= 20:
        return int(digits)  # exact: a float would round seeds and counts above 2**53
    number = parse_number(text)
    if not number.is_integer():
        raise ValueError(f"Must be a whole number, not {text}.")
    return int(number)


def parse_bool(text: str) -> bool:
    """True or False from true/yes/on/1 or false/no/off/0, in any case. Raises ValueError with a sentence."""
    word = text.lower()
    if word not in _TRUE | _FALSE:
        raise ValueError(f"Must be true or false, not “{text}”.")
    return word in _TRUE


def number_text(value: float) -> str:
    """A number as a person would write it: 1, 0.5, 4,294,967,295."""
    if isinstance(value, int) or (math.isfinite(value) and value.is_integer()):
        return f"{int(value):,}"
    return f"{value:g}"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """“ Did you mean …?” with the nearest known word, or nothing."""
    nearest = difflib.get_close_matches(word, list(known), n=1)
    return f" Did you mean {nearest[0]}?" if nearest else ""


def _plain_number(text: str, whole: str) -> float:
    compact = re.sub(r"(?<=\d)[_\s\u2009](?=\d)", "", text.strip()).replace("−", "-")
    if compact.lstrip("+-").lower() in _NOT_FINITE:
        raise ValueError("Must be a finite number.")
    match = _NUMBER.fullmatch(compact)
    if match is None:
        raise ValueError(f"“{whole}” is not a number. Write it like 0.001, 3e-4, 1/2, 1k or 1_000.")
    number = float(match[1]) * _FACTORS.get(match[2].lower(), 1)
    if not math.isfinite(number):
        raise ValueError(f"“{whole}” is too large.")
    return number
