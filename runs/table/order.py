"""The order of runs: by any columns, one after the other; runs without a value come last, whichever way round."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from runs.query.errors import QueryError
from runs.table.columns import RunColumns


@dataclass(frozen=True)
class SortKey:
    """``key`` is a full key; ``descending``: the greatest first."""

    key: str
    descending: bool

    @property
    def text(self) -> str:
        return f"-{self.key}" if self.descending else self.key


def sort_keys(columns: RunColumns, text: str) -> list[SortKey]:
    """ "-eval/f1,name" → its keys. Raises QueryError for one that is not known."""
    found, at = [], 0
    for part in text.split(","):
        name = part.strip()
        if name:
            found.append(_sort_key(columns, name, at + part.index(name)))
        at += len(part) + 1
    return found


def _sort_key(columns: RunColumns, text: str, at: int) -> SortKey:
    name = text.removeprefix("-")
    full = columns.full_key(name)
    if full is None:
        start, end = at + len(text) - len(name), at + len(text)
        raise QueryError(
            f"There is no “{name}” to sort by", start, max(end, start + 1), nearest=columns.nearest(name)
        )
    return SortKey(full, text.startswith("-"))


def ordered(columns: RunColumns, places: np.ndarray, keys: Sequence[SortKey]) -> np.ndarray:
    """``places`` in this order; what is equal in all keys stands newest first."""
    weights = [-columns.column("created").numbers[places]]
    for key in reversed(keys):
        values = columns.column(key.key).order[places]
        weights += [-values if key.descending else values, np.isnan(values)]
    return places[np.lexsort(weights)]
