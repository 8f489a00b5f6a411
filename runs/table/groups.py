"""Ordered runs in groups, as the lines of a table: a group, its runs below it when it is open."""

import zlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from runs.table.columns import RunColumns


@dataclass(frozen=True)
class Line:
    """A run (``group`` None), or a group with the places of its runs. ``depth`` 1: a run inside an open group."""

    places: np.ndarray
    group: str | None = None
    values: tuple[Any, ...] = ()
    is_open: bool = False
    depth: int = 0

    @property
    def place(self) -> int:
        return int(self.places[0])


class Lines:
    """``places``: ordered runs. ``keys``: what they are grouped by; runs without any value of a "loose" grouping
    stand alone. Groups stand at the place of their first run.
    """

    def __init__(
        self,
        columns: RunColumns,
        places: np.ndarray,
        keys: Sequence[str],
        opened: Collection[str] = (),
        loose: bool = False,
    ) -> None:
        self.places, self.opened = places, set(opened)
        self._columns = [columns.column(key) for key in keys]
        codes = [column.groups[places].astype(np.int64) for column in self._columns]
        entries = _combined(codes, len(places), loose)
        _, first, inverse, self._sizes = np.unique(
            entries, return_index=True, return_inverse=True, return_counts=True
        )
        shown = np.argsort(first, kind="stable")
        ranks = np.empty(len(shown), dtype=int)
        ranks[shown] = np.arange(len(shown))
        self._sizes = self._sizes[shown]
        # The runs entry by entry, in order inside each.
        self._members = places[np.argsort(ranks[inverse], kind="stable")]
        self._begins = np.concatenate([[0], np.cumsum(self._sizes)])
        self._is_group = entries[first[shown]] >= 0

    @cached_property
    def _heights(self) -> np.ndarray:
        """How many lines each entry has."""
        heights = np.ones(len(self._sizes), dtype=int)
        if self.opened:
            for at in np.flatnonzero(self._is_group).tolist():
                if self.name(at) in self.opened:
                    heights[at] += self._sizes[at]
        return heights

    @property
    def count(self) -> int:
        return int(self._heights.sum())

    @property
    def groups(self) -> int:
        """How many groups there are."""
        return int(self._is_group.sum())

    def page(self, first: int, count: int) -> list[Line]:
        """The lines ``first`` … ``first + count - 1``."""
        ends = np.cumsum(self._heights)
        found: list[Line] = []
        at = int(np.searchsorted(ends, first, side="right"))
        skipped = first - (int(ends[at - 1]) if at else 0)
        while at < len(ends) and len(found) < skipped + count:
            found += self._entry(at)
            at += 1
        return found[skipped : skipped + count]

    def _entry(self, at: int) -> list[Line]:
        members = self._members[self._begins[at] : self._begins[at + 1]]
        if not self._is_group[at]:
            return [Line(members)]
        is_open = bool(self._heights[at] > 1)
        inside = [Line(members[n : n + 1], depth=1) for n in range(len(members))] if is_open else []
        return [Line(members, self.name(at), self.values(at), is_open), *inside]

    def values(self, at: int) -> tuple[Any, ...]:
        """What the runs of an entry have in common."""
        place = int(self._members[self._begins[at]])
        return tuple(column.value(place) for column in self._columns)

    def name(self, at: int) -> str:
        """A short name of a group that stays the same, for addresses."""
        return f"{zlib.crc32(repr(self.values(at)).encode()):08x}"


def _combined(codes: list[np.ndarray], count: int, loose: bool) -> np.ndarray:
    """A number for each group; negative and distinct for runs that stand alone."""
    alone = -1 - np.arange(count)
    if not codes:
        return alone
    combined = codes[0] + 1
    for more in codes[1:]:
        combined = combined * (int(more.max(initial=-1)) + 2) + more + 1
        # Small again, so that many keys do not overflow.
        combined = np.unique(combined, return_inverse=True)[1].reshape(count)
    return np.where(combined == 0, alone, combined) if loose else combined
