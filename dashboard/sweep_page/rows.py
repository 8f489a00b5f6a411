"""The first rows of the trials table, as they stand before a script runs and without one."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone

from dashboard.sweep_page.columns import Column, TrialColumns
from dashboard.sweep_page.dims import labels
from dashboard.sweep_page.metrics import Metrics
from runs.sweeps.front import front
from runs.sweeps.trial_rows import SweepRows, TrialRow

#: Scripts draw the rest; without them "all=1" gives every row.
FIRST = 30
_MOMENTS = ("started", "ended")


def table(found: SweepRows, columns: TrialColumns, most: int | None) -> dict[str, Any]:
    """The ``columns`` and ``rows`` of the address, those without a value last; at most ``most``."""
    values = _Values(found, columns.metrics)
    known = [(row, values.of(row, columns.sort)) for row in found.rows]
    present = sorted(
        (pair for pair in known if pair[1] is not None), key=_sort_key, reverse=columns.descending
    )
    ordered = [row for row, _ in present] + [row for row, value in known if value is None]
    shown, best = columns.heads(), found.best
    return {
        "columns": shown,
        "rows": [
            {"trial": row, "is_best": row is best, "cells": values.cells(row, shown)}
            for row in ordered[:most]
        ],
    }


class _Values:
    """What stands in the columns of each trial."""

    def __init__(self, found: SweepRows, metrics: Metrics) -> None:
        self._metrics = metrics
        self._fields = {label: field for field, label in labels(list(found.sweep.space)).items()}
        self._objectives = {one.key: at for at, one in enumerate(found.objectives) if at}
        self._front = front(found) if self._objectives else set()

    def cells(self, row: TrialRow, shown: Sequence[Column]) -> list[dict[str, Any]]:
        return [
            {"column": column, "kind": self._kind(column.key), "value": self._cell(row, column.key)}
            for column in shown
        ]

    def _kind(self, key: str) -> str:
        return "measured" if key in self._objectives or key in self._metrics else key

    def _cell(self, row: TrialRow, key: str) -> Any:
        """Moments as such, for the template."""
        value = self.of(row, key)
        return datetime.fromtimestamp(value, UTC) if key in _MOMENTS and value is not None else value

    def of(self, row: TrialRow, key: str) -> Any:
        plain = {
            "trial": row.number,
            "state": "pruned" if row.is_pruned else row.state,
            "objective": row.value,
            "curve": None,
            "front": 1 if row.number in self._front else None,
            "steps": row.step,
            "time": seconds_of(row),
            "name": row.name,
            "started": row.started,
            "ended": row.ended,
            "seeds": len(row.members),
        }
        if key in plain:
            return plain[key]
        if key in self._objectives:
            return row.values[self._objectives[key]]
        if key in self._metrics:
            return self._metrics[key].get(row.run)
        return row.params.get(self._fields.get(key, ""))


def _sort_key(pair: tuple[TrialRow, Any]) -> tuple[int, Any]:
    """Numbers in their order, words in theirs, so that a mixed column sorts too."""
    value = pair[1]
    return (0, value) if isinstance(value, bool | int | float) else (1, str(value))


def seconds_of(row: TrialRow) -> float | None:
    """How long a trial has trained, in seconds; None before it started."""
    if row.started is None:
        return None
    return (row.ended or timezone.now().timestamp()) - row.started
