"""Runs as plain rows, for REST and the command line: the same filter, order and columns as the page's."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from runs.models import Project
from runs.query import QueryError
from runs.table.choose import choose
from runs.table.column import TIME
from runs.table.columns import RunColumns
from runs.table.order import ordered, sort_keys
from runs.table.shown import default_columns
from runs.table.store import columns_of

#: Every row has these.
FIXED = ("id", "name", "state", "tags", "sweep", "created")


@dataclass(frozen=True)
class Listing:
    """``rows`` have the FIXED fields and "values" {key: value}; ``keys`` are the keys of those."""

    rows: list[dict[str, Any]]
    keys: list[str]
    matching: int
    total: int
    first: int

    @property
    def is_last(self) -> bool:
        return self.first + len(self.rows) >= self.matching


def listing(
    project: Project, *, q: str = "", sort: str = "", cols: str = "", first: int = 0, limit: int | None = None
) -> Listing:
    """The runs from number ``first`` on. Raises QueryError; its ``field`` says of which parameter."""
    with columns_of(project.pk) as columns:
        choice = _told("q", lambda: choose(columns, q))
        places = ordered(columns, choice.places, _told("sort", lambda: sort_keys(columns, sort)))
        keys = _told("cols", lambda: _keys(columns, places, cols))
        end = None if limit is None else first + limit
        rows = [_row(columns, place, keys) for place in places[first:end].tolist()]
        return Listing(rows, keys, choice.matching, choice.total, first)


def _told(field: str, read: Any) -> Any:
    try:
        return read()
    except QueryError as error:
        error.field = field
        raise


def _keys(columns: RunColumns, places: np.ndarray, cols: str) -> list[str]:
    if not cols:
        return default_columns(columns, places)
    found = []
    for name in (part.strip() for part in cols.split(",") if part.strip()):
        full = columns.full_key(name)
        if full is None:
            at = cols.index(name)
            raise QueryError(
                f"There is no “{name}” to show", at, at + len(name), nearest=columns.nearest(name)
            )
        found.append(full)
    return found


def _row(columns: RunColumns, place: int, keys: list[str]) -> dict[str, Any]:
    fixed = {name: plain(columns, name, place) for name in FIXED if name != "tags"}
    tags = columns.column("tag").value(place) or []
    return {**fixed, "tags": tags, "values": {key: plain(columns, key, place) for key in keys}}


def plain(columns: RunColumns, key: str, place: int) -> Any:
    """A value as JSON has it: moments as ISO texts, ±Inf as texts."""
    column = columns.column(key)
    value = column.value(place)
    if isinstance(value, float) and math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if column.kind == TIME and value is not None:
        return datetime.fromtimestamp(value, UTC).isoformat()
    return value
