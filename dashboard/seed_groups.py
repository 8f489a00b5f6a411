"""Groups of seeds as the compare page shows them."""

from typing import Any

from dashboard import best_of_many, numbers, seed_dots
from dashboard.compare_parts import evaluated, parted, told
from dashboard.seed_verdict import p_text, verdict_of
from runs.class_compare import class_values
from runs.fairness import Check, fairness
from runs.group_compare import PERCENTS, GroupCell, GroupRow, compare_groups
from runs.replicates import Group, listed

#: By the direction of the metric: less of a loss points up.
ARROWS = {"better": "▲", "worse": "▼"}


def context(groups: list[Group], percent: int) -> dict[str, Any]:
    """What the page says of ``groups``, the baseline first."""
    comparison = compare_groups(groups, percent / 100)
    rows, classes = parted([_row(row) for row in comparison.metrics])
    kept = class_values([run for group in groups for run in group.counted])
    of_evaluations = evaluated(kept, kept.group_rows(groups, percent / 100) if kept else {}, _row)
    return {
        **told(groups, comparison.config),
        "comparison": comparison,
        "columns": [{"mark": group.first.mark, "name": group.name} for group in groups],
        "grouped": True,
        "percent": percent,
        "percents": PERCENTS,
        "group_rows": rows,
        "classes": [*of_evaluations, *classes],
        "seed_verdict": verdict_of(comparison),
        "dots": seed_dots.panel(comparison),
        "many": best_of_many.of_comparison(comparison),
        "fairness": _fairness(groups),
    }


def line_id(group: Group) -> str:
    """What stands for ``group`` in the charts: its mean where several runs of it may count, else its first run."""
    return f"group-{group.first.pk}" if has_mean(group) else group.first.pk


def with_means(charts: dict[str, Any], groups: list[Group], percent: int) -> dict[str, Any]:
    """The chart data with a line for the mean of each group; of one that has not finished any run the runs themselves,
    under the mark of its column."""
    by_id = {run["id"]: run for run in charts["runs"]}
    lines: list[dict[str, Any]] = []
    for group in groups:
        first = by_id[group.first.pk]
        if has_mean(group):
            lines.append(
                {**first, "id": line_id(group), "name": group.name, "state": "finished", "active": False}
            )
        else:
            lines += [{**by_id[run.pk], "mark": group.first.mark} for run in group.members]
    means = {
        line_id(group): {"runs": [run.pk for run in group.counted], "ci": percent}
        for group in groups
        if has_mean(group)
    }
    return {**charts, "runs": lines, "groups": means}


def has_mean(group: Group) -> bool:
    """Whether it is drawn as one line."""
    return len(group.runs) > 1 and bool(group.counted)


def _fairness(groups: list[Group]) -> list[Check]:
    """Of those that have begun: one that waits has told nothing yet and leaves no question open."""
    begun = [run for run in listed(groups) if run.environment]
    return fairness(begun) if len(begun) > 1 else []


def counts(group: Group, word: str = "seed") -> str:
    """Such as "3 seeds", "2 of 3 seeds · 1 repeat": how many of them have finished, and runs with a seed once more."""
    total = len(group.runs)
    text = f"1 {word}" if total == 1 else f"{total} {word}s"
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
        told["delta"] = numbers.signed(found.value)
        told["title"] = _title(found.low, found.high, found.p)
    return told


def _title(low: float, high: float, p: float | None) -> str:
    """The interval of a difference, for whoever points at it."""
    return (
        f"{numbers.signed(low)} to {numbers.signed(high)}, {p_text(p)}"
        if p is not None
        else "no spread between the seeds"
    )
