"""The runs table as its template needs it: rows, cells and columns, sweeps folded into one row."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from dashboard import numbers
from runs.models import Run, Sweep
from runs.queries import progress_of
from runs.states import ENDED, State
from runs.workspace import Workspace

#: So many metrics stand before the settings: the objective and the loss. The others come after them.
_LEADING = 2
_STATE_ORDER = [State.RUNNING, State.STARTING, State.STOPPING, State.PAUSING, State.PAUSED, State.QUEUED]


@dataclass(frozen=True)
class Column:
    """``key`` is what the address sorts by; ``next_sort`` what a press on the head asks for.

    ``is_setting``: a setting of the runs, else something they measured.
    """

    key: str
    label: str
    sorted: str = ""
    next_sort: str = ""
    is_setting: bool = False


@dataclass(frozen=True)
class Cell:
    text: str
    is_best: bool = False
    title: str = ""


@dataclass(frozen=True)
class Row:
    run: Run
    cells: list[Cell]
    shown: bool
    percent: float | None


@dataclass(frozen=True)
class Group:
    """A run alone (``sweep`` is None, one row), or a sweep with its trials and its best values."""

    sweep: Sweep | None
    rows: list[Row]
    cells: list[Cell] = field(default_factory=list)
    state: str = ""
    done: int = 0
    is_open: bool = False


@dataclass(frozen=True)
class Table:
    name: Column
    columns: list[Column]
    groups: list[Group]

    @property
    def width(self) -> int:
        """How many columns there are."""
        return 5 + len(self.columns)


def table(found: Workspace, shown: Iterable[str], opened: set[str]) -> Table:
    """The table of one page; ``shown`` are the runs drawn in the charts, ``opened`` the unfolded sweeps."""
    columns = _columns(found)
    decimals = {key: _decimals(found, key) for key in found.metrics}
    best = {key: _best_of_all(found, key) for key in found.metrics}
    drawn = set(shown)
    rows = [_row(found, run, columns, run.pk in drawn, decimals, best) for run in found.runs]
    name = _column(found, "name", "Run", first="name")
    return Table(name, columns, _groups(found, rows, columns, decimals, opened))


def _columns(found: Workspace) -> list[Column]:
    """What decides stands in the width that a table has at first: objective, loss, what was changed."""
    metrics = [
        _column(found, key, key, first=f"-{key}" if found.directions[key] else key) for key in found.metrics
    ]
    settings = [
        _column(found, key, numbers.setting_name(key), first=key, is_setting=True) for key in found.config
    ]
    return [*metrics[:_LEADING], *settings, *metrics[_LEADING:]]


def _column(found: Workspace, key: str, label: str, first: str, is_setting: bool = False) -> Column:
    """A press sorts with the best first, another one turns it round."""
    other = key if first.startswith("-") else f"-{key}"
    direction = (
        ""
        if found.sort.removeprefix("-") != key
        else "descending"
        if found.sort.startswith("-")
        else "ascending"
    )
    return Column(key, label, direction, other if found.sort == first else first, is_setting)


def _row(
    found: Workspace,
    run: Run,
    columns: list[Column],
    shown: bool,
    decimals: dict[str, int | None],
    best: dict[str, float | None],
) -> Row:
    settings = found.settings[run.pk]
    cells = [
        Cell(numbers.config_value(settings.get(column.key)))
        if column.is_setting
        else _metric(found, run.pk, column.key, decimals[column.key], best[column.key])
        for column in columns
    ]
    percent = progress_of(run) if run.state != State.FINISHED else None
    return Row(run, cells, shown, None if percent is None else percent * 100)


def _metric(found: Workspace, run_id: str, key: str, decimals: int | None, best: float | None) -> Cell:
    value = found.best(run_id, key)
    summary = found.values.get(run_id, {}).get(key)
    if summary is None or value is None:
        return Cell("NaN" if summary and summary.nan_count else numbers.UNKNOWN)
    step = summary.best_step(found.directions[key])
    title = f"best at step {step}, last {numbers.number(summary.last)} at step {summary.last_step}"
    return Cell(_text(value, decimals), best is not None and value == best, title)


def _text(value: float, decimals: int | None) -> str:
    return numbers.number(value) if decimals is None else f"{value:.{decimals}f}".replace("-", numbers.MINUS)


def _decimals(found: Workspace, key: str) -> int | None:
    """Equal decimals for a column; None where the values are too far apart for it."""
    values = [abs(value) for run in found.runs if (value := found.best(run.pk, key)) is not None]
    if not values or max(values) >= 1e4 or 0 < max(values) < 1e-2:
        return None
    return max(0, 4 - max(0, math.floor(math.log10(max(values) or 1))))


def _best_of_all(found: Workspace, key: str) -> float | None:
    """The best of the column, None while there is nothing to compare."""
    values = [value for run in found.runs if (value := found.best(run.pk, key)) is not None]
    if len(values) < 2:
        return None
    return max(values) if found.directions[key] else min(values)


def _groups(
    found: Workspace,
    rows: list[Row],
    columns: list[Column],
    decimals: dict[str, int | None],
    opened: set[str],
) -> list[Group]:
    groups: dict[Any, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.run.sweep or row.run.pk, []).append(row)
    return [
        _sweep(found, owner, members, columns, decimals, opened)
        if isinstance(owner, Sweep)
        else Group(None, members)
        for owner, members in groups.items()
    ]


def _sweep(
    found: Workspace,
    sweep: Sweep,
    rows: list[Row],
    columns: list[Column],
    decimals: dict[str, int | None],
    opened: set[str],
) -> Group:
    states = [State(row.run.state) for row in rows]
    state = next((state for state in _STATE_ORDER if state in states), State.FINISHED)
    cells = [
        Cell("") if column.is_setting else _best_cell(found, rows, column.key, decimals[column.key])
        for column in columns
    ]
    done = sum(state in ENDED for state in states)
    return Group(sweep, rows, cells, state, done, sweep.pk in opened)


def _best_cell(found: Workspace, rows: list[Row], key: str, decimals: int | None) -> Cell:
    values = [value for row in rows if (value := found.best(row.run.pk, key)) is not None]
    if not values:
        return Cell(numbers.UNKNOWN)
    best = max(values) if found.directions[key] else min(values)
    return Cell(_text(best, decimals), title="best of its trials")
