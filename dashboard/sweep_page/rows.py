"""The first rows of the trials table, as they stand before a script runs and without one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from dashboard.sweep_page.dims import labels
from runs.sweeps.trial_rows import SweepRows, TrialRow

#: Scripts draw the rest; without them "all=1" gives every row.
FIRST = 30


@dataclass(frozen=True)
class Column:
    """A column: its name in the address, its label, how wide it is in pixels, whether it sorts now."""

    key: str
    label: str
    width: int
    aria_sort: str = ""
    link: str = ""
    is_number: bool = True


def sort_of(found: SweepRows, query: Mapping[str, str]) -> tuple[str, bool]:
    """(column, descending) of the address; by the objective, best first, without one."""
    asked = query.get("sort", "")
    if asked.removeprefix("-") in {column for column, _ in _names(found)} - {"curve"}:
        return asked.removeprefix("-"), asked.startswith("-")
    return "objective", found.objective.greater


def columns(found: SweepRows, sort: str, descending: bool) -> list[Column]:
    """Trial, state, objective, curve, what is swept, steps, time."""
    return [_column(found, key, label, sort, descending) for key, label in _names(found)]


def _names(found: SweepRows) -> list[tuple[str, str]]:
    names = [("trial", "Trial"), ("state", "State"), ("objective", found.objective.key)]
    names += [("curve", f"{found.objective.key} by step")]
    names += [(one.key, one.key) for one in found.objectives[1:]]
    names += [(label, label) for label in labels(list(found.sweep.space)).values()]
    return [*names, ("steps", "Steps"), ("time", "Time")]


def _column(found: SweepRows, key: str, label: str, sort: str, descending: bool) -> Column:
    """Its link sorts by it, or turns the order round when it sorts already."""
    width = {"trial": 64, "state": 128, "curve": 132, "steps": 72, "time": 84}.get(key) or _wide(label)
    if key == "curve":
        return Column(key, label, width, is_number=False)
    is_sorted = key == sort
    aria = ("descending" if descending else "ascending") if is_sorted else ""
    link = f"?sort={'' if is_sorted and descending else '-'}{key}"
    return Column(key, label, width, aria, link, key != "state")


def _wide(label: str) -> int:
    """Room for the name; values have at most about ten letters."""
    return min(190, max(92, 34 + 7 * len(label)))


def rows(found: SweepRows, key: str, descending: bool, most: int | None) -> list[dict[str, Any]]:
    """The rows in their order, those without a value last; at most ``most``."""
    known = [(row, _cell(found, row, key)) for row in found.rows]
    present = sorted((pair for pair in known if pair[1] is not None), key=_sort_key, reverse=descending)
    ordered = [row for row, _ in present] + [row for row, value in known if value is None]
    best, fields = found.best, list(found.sweep.space)
    return [_row(row, fields, row is best) for row in ordered[:most]]


def _sort_key(pair: tuple[TrialRow, Any]) -> tuple[int, Any]:
    """Numbers in their order, words in theirs, so that a mixed column sorts too."""
    value = pair[1]
    return (0, value) if isinstance(value, bool | int | float) else (1, str(value))


def _cell(found: SweepRows, row: TrialRow, key: str) -> Any:
    plain = {
        "trial": row.number,
        "state": "pruned" if row.is_pruned else row.state,
        "objective": row.value,
        "steps": row.step,
        "time": seconds_of(row),
    }
    if key in plain:
        return plain[key]
    if (at := next((at for at, one in enumerate(found.objectives) if one.key == key), None)) is not None:
        return row.values[at]
    field = next((field for field, label in labels(list(found.sweep.space)).items() if label == key), "")
    return row.params.get(field)


def _row(row: TrialRow, fields: list[str], is_best: bool) -> dict[str, Any]:
    return {
        "trial": row,
        "params": [row.params.get(field) for field in fields],
        "others": row.values[1:],
        "is_best": is_best,
        "seconds": seconds_of(row),
    }


def seconds_of(row: TrialRow) -> float | None:
    """How long a trial has trained, in seconds; None before it started."""
    if row.started is None:
        return None
    return (row.ended or timezone.now().timestamp()) - row.started
