"""Metric names and values of any shape, made into series: numbers under flat names of bounded length and number.

What cannot be kept is left out alone, and told once; the rest of the same log counts.
"""

import math
import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from trainer_bridge.protocol import MAX_STEP

#: The most different metric names that one run may have.
MAX_NAMES = 10_000
#: The most values that a run's configuration may have, nested ones counted.
MAX_CONFIG_KEYS = 2_000
MAX_NAME = 250
#: Mappings within mappings deeper than this are not followed (one may even hold itself).
MAX_DEPTH = 20
#: So many names are told one by one why they are left out.
MOST_TOLD = 50

Tell = Callable[[str, str], None]


def flatten(values: Mapping[Any, Any], prefix: str = "", depth: int = MAX_DEPTH) -> Iterator[tuple[str, Any]]:
    """Each value under its path: {"a": {"b": 1}} → ("a/b", 1). An empty mapping gives nothing."""
    for name, value in values.items():
        path = f"{prefix}{name}"
        if isinstance(value, Mapping) and depth:
            yield from flatten(value, f"{path}/", depth - 1)
        else:
            yield path, value


def as_float(value: Any) -> float:
    """A number of any kind: bool, numeric text, NumPy scalar, tensor or array of one element.

    Raises whatever the value raises when it is none, mostly TypeError or ValueError.
    """
    if type(value) is float:
        return value
    if hasattr(value, "item") and not isinstance(value, str | bytes):
        value = value.item()
    if isinstance(value, bytes | bytearray):
        raise TypeError("bytes are not a number")
    return float(value)


def as_step(value: Any) -> int:
    """A step: a whole number of any kind from 0 to 2**53. Raises ValueError with a sentence."""
    try:
        step = operator.index(value.item() if hasattr(value, "item") else value)
    except Exception:
        step = _whole(value)
    if not 0 <= step <= MAX_STEP:
        raise ValueError(f"step {step} is not between 0 and 2**53")
    return step


def _whole(value: Any) -> int:
    """3.0, "3" → 3."""
    try:
        number = as_float(value)
    except Exception:
        number = math.nan
    if not number.is_integer():
        raise ValueError(f"{value!r:.80} is not a step: a step is a whole number")
    return int(number)


class Measures:
    """Takes what is logged and gives what can be stored. ``tell(code, text)`` hears once what is left out."""

    def __init__(self, tell: Tell, max_names: int = MAX_NAMES) -> None:
        self._tell, self._max_names = tell, max_names
        self._names: set[str] = set()
        self._told: set[str] = set()

    def numbers(self, values: Mapping[Any, Any]) -> dict[str, float]:
        """The numbers among ``values`` under flat names."""
        found: dict[str, float] = {}
        for name, value in flatten(values):
            if self.admit(name):
                self.add(found, name, value)
        return found

    def add(self, found: dict[str, float], name: str, value: Any) -> None:
        """Put one value into ``found`` if it is a number."""
        try:
            found[name] = value if type(value) is float else as_float(value)
        except Exception:  # a foreign type raises what it likes
            self._refuse(
                f"not a number {name}", f"{name[:80]} is left out: {_shown(value)} is not one number."
            )

    def admit(self, name: str) -> bool:
        """Whether the run may have a series of this name."""
        if name in self._names:
            return True
        if not name or len(name) > MAX_NAME:
            self._refuse(
                f"name {name}",
                f"A metric is left out: its name “{name[:40]}…” has {len(name)} characters, not 1 to {MAX_NAME}.",
            )
            return False
        if len(self._names) >= self._max_names:
            self._refuse(
                "too many metrics",
                f"Metrics beyond the first {self._max_names} names are left out, such as {name[:80]}.",
            )
            return False
        self._names.add(name)
        return True

    def _refuse(self, code: str, text: str) -> None:
        code = code[:MAX_NAME]
        if code in self._told or len(self._told) >= MOST_TOLD:
            return
        self._told.add(code)
        self._tell(code, text)


def _shown(value: Any) -> str:
    try:
        return f"{value!r:.80}"
    except Exception:
        return f"a {type(value).__name__}"
