"""Values of many runs, each distinct value once: a thousand runs with one of three learning rates are three numbers."""

from typing import Any

import numpy as np

from runs.table.column import MIXED, Column, plain_number

NONE = -1


class Coded:
    """``codes`` (n,) are places in ``values``; NONE where a run has no value. A value once known stays."""

    def __init__(self, size: int) -> None:
        self.codes = np.full(size, NONE, dtype=np.int32)
        self.values: list[Any] = []
        self._places: dict[Any, int] = {}

    def code_of(self, value: Any) -> int:
        """The place of a value, a new one if need be; NONE for None, an empty text and an empty list."""
        if value is None or value == "" or value == []:
            return NONE
        key = _hashable(value)
        place = self._places.get(key)
        if place is None:
            place = self._places[key] = len(self.values)
            self.values.append(value)
        return place

    def set(self, run: int, value: Any) -> None:
        self.codes[run] = self.code_of(value)

    def keep(self, kept: np.ndarray) -> None:
        """Leave only these runs."""
        self.codes = self.codes[kept]

    def grow(self, count: int) -> None:
        """Make place for more runs."""
        self.codes = np.concatenate([self.codes, np.full(count, NONE, dtype=np.int32)])

    def column(self, codes: np.ndarray | None = None) -> Column:
        """As a column; with other ``codes``, say with defaults filled in."""
        codes = self.codes if codes is None else codes
        numbers = np.array([*map(plain_number, self.values), np.nan])[codes]
        return Column(MIXED, numbers, codes, list(self.values))


def _hashable(value: Any) -> Any:
    """True, 1 and 1.0 are three values; a list or map is known by what it prints as."""
    return (type(value), repr(value) if isinstance(value, list | dict) else value)
