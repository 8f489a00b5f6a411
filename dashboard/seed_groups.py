"""Groups of seeds as the compare page shows them."""

from typing import Any

from dashboard import seed_dots
from dashboard.seed_verdict import p_text, signed, verdict_of
from runs.fairness import Check, fairness
from runs.group_compare import PERCENTS, GroupCell, GroupRow, compare_groups
from runs.replicates import Group, listed

#: By the direction of the metric: less of a loss points up.
ARROWS = {"better": "▲", "worse": "▼"}


def context(groups: list[Group], percent: int) -> dict[str, Any]:
    """What the page says of ``groups``, the baseline first."""
    comparison = compare_groups(groups, percent / 100)
    return {
        "comparison": comparison,
        "columns": [group.first for group in groups],
        "grouped": True,
        "percent": percent,
        "percents": PERCENTS,
        "group_rows": [_row(row) for row in comparison.metrics],
        "seed_verdict": verdict_of(comparison),
        "dots": seed_dots.panel(comparison),
        "fairness": _fairness(groups),
    }


def with_marks(charts: dict[str, Any], groups: list[Group]) -> dict[str, Any]:
    """The chart data with every seed under the mark of its group's column."""
    marks = {run.pk: group.first.mark for group in groups for run in group.members}
    return {**charts, "runs": [{**run, "mark": marks[run["id"]]} for run in charts["runs"]]}


def _fairness(groups: list[Group]) -> list[Check]:
    """Of those that have begun: one that waits has told nothing yet and leaves no question open."""
    begun = [run for run in listed(groups) if run.environment]
    return fairness(begun) if len(begun) > 1 else []


def counts(group: Group) -> str:
    """Such as "3 seeds", "2 of 3 seeds · 1 repeat": how many of them have finished, and runs with a seed once more."""
    total = len(group.runs)
    text = "1 seed" if total == 1 else f"{total} seeds"
    if total > len(group.counted):
        text = f"{len(group.counted)} of {text}"
    repeats = len(group.repeats)
    return text + (f" · {repeats} repeat{'s' if repeats > 1 else ''}" if repeats else "")


def _row(row: GroupRow) -> dict[str, Any]:
    return {"row": row, "cells": [_cell(cell) for cell in row.cells]}


def _cell(cell: GroupCell) -> dict[str, Any]:
    found = cell.difference
    told = {"cell": cell, "delta": "", "arrow": ARROWS.get(cell.verdict, ""), "title": ""}
    if found is not None:
        told["delta"] = signed(found.value)
        told["title"] = _title(found.low, found.high, found.p)
    return told


def _title(low: float, high: float, p: float | None) -> str:
    """The interval of a difference, for whoever points at it."""
    return f"{signed(low)} to {signed(high)}, {p_text(p)}" if p is not None else "no spread between the seeds"
