"""Search spaces: what a field is searched over, and when. Plain Python: the suggesting process reads it too.

{"args.learning_rate": {"low": 1e-5, "high": 1e-2, "scale": "log"},
 "args.seed": [1, 2, 3],
 "args.optim": {"values": ["adamw_torch", "sgd"]},
 "params.momentum": {"low": 0, "high": 0.99, "when": {"field": "args.optim", "in": ["sgd"]}}}
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

#: Field → list of values, or one of the objects above.
Space = dict[str, Any]
#: Field → value, of the fields that exist at this point.
Point = dict[str, Any]

_KEYS = {"values", "low", "high", "scale", "step", "int", "count", "when"}
_SCALES = ("linear", "log")
NO_VALUES = "Has no values to try. Give two or more, or turn Sweep off."
#: More values of one field than these are a mistake.
MOST_VALUES = 10_000


class SpaceError(ValueError):
    """``problems`` maps each field at fault to a sentence."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__("; ".join(f"{field}: {sentence}" for field, sentence in problems.items()))
        self.problems = problems


@dataclass(frozen=True)
class When:
    """The field exists only where ``field`` has one of ``values``."""

    field: str
    values: tuple[Any, ...]


@dataclass(frozen=True)
class Choices:
    """One of ``values``."""

    values: tuple[Any, ...]
    when: When | None = None

    def holds(self, value: Any) -> bool:
        """Whether ``value`` is one of them."""
        return value in self.values

    def points(self) -> list[Any]:
        """What a grid tries: each value once."""
        return list(dict.fromkeys(self.values))


@dataclass(frozen=True)
class Range:
    """From ``low`` to ``high``, both included. ``count`` is how many points a grid takes of it."""

    low: float
    high: float
    is_log: bool = False
    step: float | None = None
    is_int: bool = False
    count: int | None = None
    when: When | None = None

    def holds(self, value: Any) -> bool:
        """Whether ``value`` lies in the range, and on a step of it."""
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not self.low <= value <= self.high
        ):
            return False
        steps = (value - self.low) / (self.step or 1)
        return not self.is_finite or abs(steps - round(steps)) < 1e-8

    @property
    def is_finite(self) -> bool:
        return self.is_int or self.step is not None

    def points(self) -> list[Any]:
        """What a grid tries, in order; empty for a continuous range without a count."""
        if self.count is not None:
            return self._spread(self.count)
        if not self.is_finite:
            return []
        return [self.of_step(number) for number in range(min(self.steps, MOST_VALUES) + 1)]

    @property
    def steps(self) -> int:
        """How many steps lie between the ends of a finite range."""
        return math.floor((self.high - self.low) / (self.step or 1) + 1e-9)

    def of_step(self, number: int) -> Any:
        """The value ``number`` steps above the low end."""
        return self._value(self.low + (self.step or 1) * number)

    def _spread(self, count: int) -> list[Any]:
        parts = [at / max(count - 1, 1) for at in range(count)]
        return list(dict.fromkeys(self.at(part) for part in parts))

    def at(self, part: float) -> Any:
        """The value at ``part`` of the way, from 0 to 1; the ends are exact."""
        if self.step is not None:
            return self.of_step(round(part * self.steps))
        if part in (0, 1):
            return self._value(self.high if part else self.low)
        if self.is_log:
            value = math.exp(math.log(self.low) + part * (math.log(self.high) - math.log(self.low)))
        else:
            value = self.low + part * (self.high - self.low)
        return self._value(min(max(value, self.low), self.high))

    def _value(self, value: float) -> Any:
        # Twelve digits: 0.1 + 0.2 is written 0.3, as people would.
        return round(value) if self.is_int else float(f"{value:.12g}")


Distribution = Choices | Range


def read_space(space: Space) -> dict[str, Distribution]:
    """Field → distribution, each after the field that it depends on. Raises SpaceError."""
    found: dict[str, Distribution] = {}
    problems: dict[str, str] = {}
    for field, given in space.items():
        try:
            found[field] = read_distribution(given)
        except ValueError as error:
            problems[field] = str(error)
    if not problems:
        found, problems = _ordered(found)
    if problems:
        raise SpaceError(problems)
    return found


def read_distribution(given: Any) -> Distribution:
    """One distribution. Raises ValueError with a sentence."""
    if isinstance(given, list):
        return Choices(_values(given))
    if not isinstance(given, dict):
        raise ValueError(NO_VALUES)
    if unknown := sorted(map(str, given.keys() - _KEYS)):
        raise ValueError(f"Has no “{unknown[0]}”; a searched field takes {', '.join(sorted(_KEYS))}.")
    when = _when(given["when"]) if given.get("when") is not None else None
    if "values" in given:
        if extra := sorted(given.keys() - {"values", "when"}):
            raise ValueError(f"Has both values and {extra[0]}: a list or a range, not both.")
        return Choices(_values(given["values"]), when)
    return _range(given, when)


def _values(values: Any) -> tuple[Any, ...]:
    if not isinstance(values, list) or not values:
        raise ValueError(NO_VALUES)
    if any(isinstance(value, list | dict) for value in values):
        raise ValueError("Only single values can be swept, not lists or maps.")
    return tuple(values)


def _when(given: Any) -> When:
    if not isinstance(given, dict) or given.keys() != {"field", "in"} or not isinstance(given["field"], str):
        raise ValueError('A condition is written {"field": "args.optim", "in": ["sgd"]}.')
    try:
        return When(given["field"], _values(given["in"]))
    except ValueError as error:
        raise ValueError(f"The condition on {given['field']} names no value with which it holds.") from error


def _range(given: Mapping[str, Any], when: When | None) -> Range:
    low, high = _number(given, "low"), _number(given, "high")
    scale = given.get("scale") or "linear"
    if scale not in _SCALES:
        raise ValueError(f"The scale is linear or log, not {scale!r}.")
    found = Range(
        low,
        high,
        is_log=scale == "log",
        step=None if given.get("step") is None else _number(given, "step"),
        is_int=bool(given.get("int", False)),
        count=given.get("count"),
        when=when,
    )
    if sentence := _range_problem(found):
        raise ValueError(sentence)
    return found


def _range_problem(found: Range) -> str:
    low, high, step, count = found.low, found.high, found.step, found.count
    if low == high:
        return "Both ends of the range are the same. Turn Sweep off, or widen it."
    if low > high:
        return f"The range is empty: it begins at {low:g}, above its end {high:g}. Swap them."
    if found.is_log and low <= 0:
        return "A log range needs both ends above 0. Use Range or List for 0."
    if found.is_log and step is not None:
        return "A log range has no step. Leave the step out, or use Range."
    if step is not None and not 0 < step <= high - low:
        return f"The step must be above 0 and at most {high - low:g}, not {step:g}."
    if found.is_int and any(not float(part).is_integer() for part in (low, high, step or 1)):
        return "A range of whole numbers needs whole ends and a whole step."
    if count is not None and (not isinstance(count, int) or isinstance(count, bool) or not 2 <= count <= 500):
        return f"A range has 2 to 500 points, not {count}."
    return ""


def _number(given: Mapping[str, Any], name: str) -> float:
    value = given.get(name)
    if value is None:
        raise ValueError("A range needs both ends.")
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"The {name} of a range must be a finite number, not {value!r}.")
    return value


def _ordered(found: dict[str, Distribution]) -> tuple[dict[str, Distribution], dict[str, str]]:
    """Each field after the one that it depends on, otherwise as given; and those that wait for each other."""
    ordered: dict[str, Distribution] = {}
    waiting = dict(found)
    while waiting:
        ready = next((f for f, d in waiting.items() if d.when is None or d.when.field not in waiting), None)
        if ready is None:
            chain = " and ".join(waiting)
            sentence = f"The conditions go round in a circle: {chain} wait for each other."
            return ordered, dict.fromkeys(waiting, sentence)
        ordered[ready] = waiting.pop(ready)
    return ordered, {}


def is_active(distribution: Distribution, known: Mapping[str, Any]) -> bool:
    """Whether the field exists, given the values of the fields before it and of those that are not searched.

    A condition on a field of which nothing is known counts as met.
    """
    when = distribution.when
    return when is None or when.field not in known or known[when.field] in when.values


def grid_points(space: Mapping[str, Distribution], fixed: Mapping[str, Any] | None = None) -> Iterator[Point]:
    """Every point of the grid, the last field varying fastest. Fields whose condition fails are not in it."""
    yield from _below(list(space.items()), dict(fixed or {}), {})


def _below(fields: list[tuple[str, Distribution]], known: dict[str, Any], point: Point) -> Iterator[Point]:
    if not fields:
        yield dict(point)
        return
    (field, distribution), rest = fields[0], fields[1:]
    if not is_active(distribution, known):
        # Swept and yet not there: a condition on it is not met either.
        yield from _below(rest, {**known, field: None}, point)
        return
    for value in distribution.points():
        yield from _below(rest, {**known, field: value}, {**point, field: value})
