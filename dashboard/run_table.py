"""The runs table as its template needs it: columns with their links, and lines of cells."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dashboard import numbers
from dashboard.row_html import cell, group_row, kind_of, metric_cells, run_row
from runs.models import Run
from runs.queries import progress_of
from runs.states import ENDED, State
from runs.stats import Mean, means_of
from runs.table.column import MIXED, NUMBER, SECONDS, TIME, Column
from runs.table.groups import Line
from runs.table.index import BAD, LAST
from runs.workspace import Workspace

_STATE_ORDER = [State.RUNNING, State.STARTING, State.STOPPING, State.PAUSING, State.PAUSED, State.QUEUED]


@dataclass(frozen=True)
class Head:
    """The head of a column. ``next_sort`` is what a press on it asks for, ``add_sort`` one with Shift; ``place``
    tells which of several sort keys it is, ``pin`` its place among the pinned columns.
    """

    key: str
    label: str
    sorted: str = ""
    next_sort: str = ""
    add_sort: str = ""
    place: int = 0
    pin: int | None = None


@dataclass(frozen=True)
class Table:
    """``rows`` are lines of HTML."""

    name: Head
    heads: list[Head]
    rows: list[str]

    @property
    def width(self) -> int:
        """How many columns there are."""
        return 5 + len(self.heads)


@dataclass(frozen=True)
class Shape:
    """How a column's values are written: of a metric its direction, best value and decimals; ``kind`` of its cells."""

    key: str
    column: Column
    kind: str = ""
    is_metric: bool = False
    greater: bool = True
    decimals: int | None = None
    best: float | None = None


def table(found: Workspace) -> Table:
    """The table of one page."""
    shapes = [_shape(found, key, kind_of(at, found.shown.pinned)) for at, key in enumerate(found.shown.keys)]
    heads = [
        _head(found, key, at if at < found.shown.pinned else None) for at, key in enumerate(found.shown.keys)
    ]
    return Table(_head(found, "name", label="Run"), heads, list(_rows(found, shapes)))


def _rows(found: Workspace, shapes: list[Shape]) -> Iterator[str]:
    """The lines as HTML. Cells are made column by column, which is several times as fast as line by line."""
    groups = [line for line in found.lines if line.group is not None]
    places = np.array([line.place for line in found.lines if line.group is None], dtype=int)
    of_runs = iter(zip(*(_cells(found, shape, places) for shape in shapes), strict=True))
    of_groups = iter(zip(*(_group_cells(found, shape, groups) for shape in shapes), strict=True))
    drawn = set(found.drawn)
    for line in found.lines:
        if line.group is not None:
            yield _group(found, line, next(of_groups, ()))
            continue
        own = next(of_runs, ())
        # None: deleted this very moment.
        if run := found.runs.get(found.columns.index.ids[line.place]):
            yield run_row(run, own, run.pk in drawn, _percent(run), line.depth, found.slug)


def _percent(run: Run) -> float | None:
    """How far an unfinished run is."""
    progress = progress_of(run) if run.state != State.FINISHED else None
    return None if progress is None else progress * 100


def _head(found: Workspace, key: str, pin: int | None = None, label: str = "") -> Head:
    """A press sorts with the best first, another one turns it round."""
    metrics = found.columns.index.metrics
    first = f"-{key}" if key in metrics and found.columns.greater(key) else key
    now = next((sort for sort in found.sort if sort.key == key), None)
    turned = first if now is None else key if now.descending else f"-{key}"
    others = [sort.text for sort in found.sort]
    added = [turned if sort.key == key else sort.text for sort in found.sort] if now else [*others, first]
    return Head(
        key=key,
        label=label or numbers.setting_name(key),
        sorted="" if now is None else "descending" if now.descending else "ascending",
        next_sort=turned if now and len(others) == 1 else first,
        add_sort=",".join(added),
        place=found.sort.index(now) + 1 if now and len(others) > 1 else 0,
        pin=pin,
    )


def _shape(found: Workspace, key: str, kind: str) -> Shape:
    column = found.columns.column(key)
    if key not in found.columns.index.metrics:
        return Shape(key, column, kind)
    values = column.numbers[found.places]
    finite = values[np.isfinite(values)]
    greater = found.columns.greater(key)
    best = None if len(finite) < 2 else float(finite.max() if greater else finite.min())
    return Shape(key, column, kind, True, greater, _decimals(finite), best)


def _decimals(finite: np.ndarray) -> int | None:
    """Equal decimals for a column; None where the values are too far apart for it."""
    largest = float(np.abs(finite).max()) if len(finite) else 0.0
    if not len(finite) or largest >= 1e4 or 0 < largest < 1e-2:
        return None
    return max(0, 4 - max(0, math.floor(math.log10(largest or 1))))


def _cells(found: Workspace, shape: Shape, places: np.ndarray) -> list[str]:
    """One column of the runs at these places."""
    if shape.is_metric:
        return _metrics(shape, found.columns.index.metrics[shape.key][:, places], places)
    column = shape.column
    if column.codes is None:
        return [cell(value_text(column, column.value(place)), shape.kind) for place in places.tolist()]
    # Each distinct value is written once.
    codes = column.codes[places].tolist()
    known = {
        code: cell(value_text(column, column.values[code] if code >= 0 else None), shape.kind)
        for code in set(codes)
    }
    return [known[code] for code in codes]


def _metrics(shape: Shape, stored: np.ndarray, places: np.ndarray) -> list[str]:
    """Best values with the last in the title; of a run that only measured NaN that it did."""
    values, lasts, bads = shape.column.numbers[places], stored[LAST].tolist(), stored[BAD].tolist()
    are_best = [False] * len(values) if shape.best is None else (values == shape.best).tolist()
    cells = metric_cells(_numbers(values, shape.decimals), lasts, are_best, shape.kind)
    for at in np.flatnonzero(np.isnan(values)).tolist():
        cells[at] = cell("NaN" if bads[at] > 0 else numbers.UNKNOWN, shape.kind)
    return cells


def _numbers(values: np.ndarray, decimals: int | None) -> list[str]:
    """A column of numbers in words."""
    if decimals is None:
        return [numbers.number(value) for value in values.tolist()]
    texts = [f"{value:.{decimals}f}" for value in values.tolist()]
    if (values < 0).any():
        texts = [text.replace("-", numbers.MINUS) for text in texts]
    # Values that these decimals would make 0, or leave one digit of, are written by themselves: they may be the best.
    for at in np.flatnonzero((values != 0) & (np.abs(values) < _least(decimals))).tolist():
        texts[at] = numbers.number(values[at].item())
    return texts


def value_text(column: Column, value: Any) -> str:
    """A value of a column as people read it."""
    if value is None:
        return numbers.UNKNOWN
    if column.kind == TIME:
        return numbers.moment(value)
    if column.kind == SECONDS:
        return numbers.duration(value)
    return numbers.number(value) if column.kind == NUMBER else numbers.config_value(value)


def _least(decimals: int) -> float:
    """The smallest value of which so many decimals show two digits."""
    return 10.0 ** (1 - decimals)


def _number(value: float, decimals: int | None) -> str:
    if decimals is None or 0 < abs(value) < _least(decimals):
        return numbers.number(value)
    return f"{value:.{decimals}f}".replace("-", numbers.MINUS)


# --- groups ---


def _group(found: Workspace, line: Line, cells: Sequence[str]) -> str:
    states = _states(found.columns.column("state"), line.places)
    state = next((state for state in _STATE_ORDER if state in states), State.FINISHED)
    done = sum(count for state, count in states.items() if state in ENDED)
    sweep = found.sweeps.get(line.group or "") if found.group == ["sweep"] else None
    labels = [
        (numbers.setting_name(key), value_text(found.columns.column(key), value))
        for key, value in zip(found.group, line.values, strict=True)
    ]
    return group_row(line, sweep, labels, cells, str(state), f"{done}/{len(line.places)}")


def _states(column: Column, places: np.ndarray) -> dict[str, int]:
    """{state: how many of these runs are in it}."""
    codes, counts = np.unique(column.groups[places], return_counts=True)
    return {column.values[code]: count for code, count in zip(codes.tolist(), counts.tolist(), strict=True)}


def _group_cells(found: Workspace, shape: Shape, groups: list[Line]) -> list[str]:
    """One column of these groups: of settings what they span, of metrics what they come to."""
    if not shape.is_metric:
        return [cell(_span(shape.column, line.places), shape.kind) for line in groups]
    if not groups:
        return []
    lengths = [len(line.places) for line in groups]
    begins = np.cumsum([0, *lengths[:-1]])
    values = shape.column.numbers[np.concatenate([line.places for line in groups])]
    return [_mean_cell(mean, shape, found.is_folded) for mean in means_of(values, begins)]


def _mean_cell(mean: Mean | None, shape: Shape, is_folded: bool) -> str:
    """Of a sweep the best trial; of other groups the mean with its 95 % interval."""
    if mean is None:
        return cell(numbers.UNKNOWN, shape.kind)
    best = mean.high if shape.greater else mean.low
    half = "one value, no interval" if mean.half is None else f"± {numbers.rough(mean.half)}"
    whole = f"n {mean.n}, mean {numbers.number(mean.mean)}, {half}, best {numbers.number(best)}"
    if is_folded:
        return cell(_number(best, shape.decimals), shape.kind, f"best of its trials; {whole}")
    interval = "" if mean.half is None else f" ± {numbers.rough(mean.half)}"
    return cell(f"{_number(mean.mean, shape.decimals)}{interval}", shape.kind, whole)


def _span(column: Column, places: np.ndarray) -> str:
    """One value, 3e-4…1e-2, or how many values there are."""
    if column.kind != MIXED:
        return _between(column, column.numbers[places])
    # Counted rather than sorted: the codes of a group are small numbers.
    codes = np.flatnonzero(np.bincount(column.groups[places] + 1)[1:])
    values = [column.values[code] for code in codes.tolist()]
    if len(values) < 2:
        return value_text(column, values[0] if values else None)
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        return f"{numbers.config_value(min(values))}…{numbers.config_value(max(values))}"
    return f"{len(values)} values"


def _between(column: Column, values: Sequence[float] | np.ndarray) -> str:
    known = np.asarray(values)[~np.isnan(values)]
    if not len(known):
        return numbers.UNKNOWN
    low, high = (value_text(column, float(value)) for value in (known.min(), known.max()))
    return low if low == high else f"{low}…{high}"
