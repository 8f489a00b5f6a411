"""The first rows of the trials table, as they stand before a script runs and without one."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone

from dashboard.sweep_page.columns import Column, columns, sort_of
from dashboard.sweep_page.dims import labels
from runs.sweeps.trial_rows import SweepRows, TrialRow

#: Scripts draw the rest; without them "all=1" gives every row.
FIRST = 30


def table(found: SweepRows, query: Mapping[str, str], most: int | None) -> dict[str, Any]:
    """The ``columns`` and ``rows`` of the address, those without a value last; at most ``most``."""
    key, descending = sort_of(found, query)
    known = [(row, _value(found, row, key)) for row in found.rows]
    present = sorted((pair for pair in known if pair[1] is not None), key=_sort_key, reverse=descending)
    ordered = [row for row, _ in present] + [row for row, value in known if value is None]
    shown, best = columns(found, query), found.best
    return {
        "columns": shown,
        "rows": [
            {"trial": row, "is_best": row is best, "cells": _cells(found, row, shown)}
            for row in ordered[:most]
        ],
    }


def _cells(found: SweepRows, row: TrialRow, shown: Sequence[Column]) -> list[dict[str, Any]]:
    objectives = {one.key for one in found.objectives[1:]}
    return [
        {
            "column": column,
            "kind": "measured" if column.key in objectives else column.key,
            "value": _cell(found, row, column.key),
        }
        for column in shown
    ]


def _cell(found: SweepRows, row: TrialRow, key: str) -> Any:
    """Moments as such, for a <time>."""
    value = _value(found, row, key)
    if key in ("started", "ended") and value is not None:
        return datetime.fromtimestamp(value, UTC)
    return value


def _sort_key(pair: tuple[TrialRow, Any]) -> tuple[int, Any]:
    """Numbers in their order, words in theirs, so that a mixed column sorts too."""
    value = pair[1]
    return (0, value) if isinstance(value, bool | int | float) else (1, str(value))


def _value(found: SweepRows, row: TrialRow, key: str) -> Any:
    plain = {
        "trial": row.number,
        "state": "pruned" if row.is_pruned else row.state,
        "objective": row.value,
        "curve": None,
        "steps": row.step,
        "time": seconds_of(row),
        "name": row.name,
        "started": row.started,
        "ended": row.ended,
        "seeds": len(row.members),
    }
    if key in plain:
        return plain[key]
    if (at := next((at for at, one in enumerate(found.objectives) if one.key == key), None)) is not None:
        return row.values[at]
    field = next((field for field, label in labels(list(found.sweep.space)).items() if label == key), "")
    return row.params.get(field)


def seconds_of(row: TrialRow) -> float | None:
    """How long a trial has trained, in seconds; None before it started."""
    if row.started is None:
        return None
    return (row.ended or timezone.now().timestamp()) - row.started
