"""Every seed's value of the first metric as a dot, with the mean and the interval of its group: places for an SVG."""

from collections.abc import Callable
from typing import Any

from dashboard import marks, numbers
from runs.group_compare import GroupCell, GroupComparison
from runs.replicates import Group

#: Percent of the width kept free at each side, so that no dot is cut.
_EDGE = 3.0


def panel(comparison: GroupComparison) -> dict[str, Any] | None:
    """None where no group has two values: there is nothing to see of spread."""
    row = comparison.metrics[0] if comparison.metrics else None
    if row is None or all(cell.n < 2 for cell in row.cells):
        return None
    low, high = _span(row.cells)
    place = _placer(low, high)
    base = row.cells[0].mean
    return {
        "key": row.key,
        "low": numbers.number(low),
        "high": numbers.number(high),
        "base": place(base.mean) if base else None,
        "groups": [
            _group(group, cell, cell.mean.mean, place)
            for group, cell in zip(comparison.groups, row.cells, strict=True)
            if cell.mean
        ],
    }


def _span(cells: list[GroupCell]) -> tuple[float, float]:
    """From the lowest to the highest of values and ends of intervals."""
    found = [value for cell in cells for value in (*cell.values, *_interval(cell))]
    return min(found), max(found)


def _interval(cell: GroupCell) -> tuple[float, ...]:
    mean = cell.mean
    return () if mean is None or mean.half is None else (mean.mean - mean.half, mean.mean + mean.half)


def _placer(low: float, high: float) -> Callable[[float], float]:
    """From a value to percent of the width."""
    width = high - low or 1.0
    return lambda value: round(_EDGE + (100 - 2 * _EDGE) * (value - low) / width, 2)


def _group(group: Group, cell: GroupCell, mean: float, place: Callable[[float], float]) -> dict[str, Any]:
    ends = [place(value) for value in _interval(cell)]
    return {
        "run": {"mark": group.first.mark, "name": group.name},
        "classes": marks.css_classes(group.first.mark),
        "n": cell.n,
        "dots": [place(value) for value in cell.values],
        "mean": place(mean),
        "bar": {"x": ends[0], "width": round(ends[1] - ends[0], 2)} if ends else None,
        "text": f"{cell.n} values, mean {numbers.number(mean)}",
    }
