"""One column of a project's runs, as the filter language, the order and the groups need it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

Mask = np.ndarray
#: What a column holds: measured numbers, moments (seconds since the epoch), lengths of time (seconds), or values of
#: any kind (texts, numbers, true and false, lists of texts).
NUMBER, TIME, SECONDS, MIXED = "number", "time", "seconds", "mixed"


@dataclass(eq=False)
class Column:
    """``numbers`` (n,) holds the value of each run, NaN where there is no number.

    A "mixed" column has also ``codes`` (n,), the place of each run's value in ``values``, -1 where it has none.
    """

    kind: str
    numbers: np.ndarray
    codes: np.ndarray | None = None
    values: list[Any] = field(default_factory=list)

    @property
    def present(self) -> Mask:
        """Which runs have a value."""
        return ~np.isnan(self.numbers) if self.codes is None else self.codes >= 0

    @cached_property
    def texts(self) -> list[tuple[str, ...]]:
        """The texts of each of ``values``, in lower case; a list has several."""
        return [tuple(text.casefold() for text in texts_of(value)) for value in self.values]

    def where_text(self, fits: Callable[[str], bool]) -> Mask:
        """The runs of which one of the texts fits."""
        if self.codes is None:
            return self._where_number_text(fits)
        table = np.array([any(fits(text) for text in texts) for texts in self.texts] + [False])
        return table[self.codes]

    def _where_number_text(self, fits: Callable[[str], bool]) -> Mask:
        distinct, places = np.unique(self.numbers, return_inverse=True)
        table = np.array([fits(number_text(value)) for value in distinct.tolist()], dtype=bool)
        return table[places] & self.present if len(distinct) else self.present

    @cached_property
    def groups(self) -> np.ndarray:
        """(n,) a whole number for each distinct value, of a mixed column its place in ``values``; -1 for none."""
        if self.codes is not None:
            return self.codes
        _, inverse = np.unique(self.numbers, return_inverse=True)
        return np.where(np.isnan(self.numbers), -1, inverse)

    def value(self, place: int) -> Any:
        """The value of one run, None where it has none."""
        if self.codes is not None:
            code = int(self.codes[place])
            return self.values[code] if code >= 0 else None
        number = float(self.numbers[place])
        return None if np.isnan(number) else number

    @cached_property
    def order(self) -> np.ndarray:
        """(n,) numbers that sort like the values: numbers before texts, texts without regard to case; NaN: none."""
        if self.codes is None:
            return self.numbers
        ranks = np.empty(len(self.values) + 1)
        keys = [_sortable(value) for value in self.values]
        ranks[sorted(range(len(keys)), key=keys.__getitem__)] = np.arange(len(keys))
        ranks[-1] = np.nan
        return ranks[self.codes]


def _sortable(value: Any) -> tuple[bool, Any]:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return False, value
    return True, (value if isinstance(value, str) else " ".join(texts_of(value))).casefold()


def texts_of(value: Any) -> tuple[str, ...]:
    """A value as the texts a filter compares with; a list is as many."""
    if isinstance(value, list | tuple):
        return tuple(text for part in value for text in texts_of(part))
    if isinstance(value, bool):
        return (str(value).lower(),)
    return (number_text(value) if isinstance(value, int | float) else str(value),)


def number_text(value: float) -> str:
    """A number as it is typed: 64, 0.0003."""
    is_whole = isinstance(value, float) and value.is_integer() and abs(value) < 1e15
    return str(int(value)) if is_whole else str(value)


def plain_number(value: Any) -> float:
    """A value as a number; NaN for what is none, true and false included."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return np.nan
    try:
        return float(value)
    except OverflowError:
        return np.inf if value > 0 else -np.inf
