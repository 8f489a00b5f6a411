"""The lines of a chart in a report: one a run, or one a group of seeds with its interval."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from runs import series
from runs.group_curves import group_curves
from runs.models import Run
from runs.replicates import group_replicates
from runs.series.read import Axis

#: Points of a line: more cannot be told apart in a picture of this size.
POINTS = 600


@dataclass(frozen=True)
class Line:
    """A curve under the mark of its run. Arrays are (points,), ascending in ``x``; ``low`` and ``high`` are the
    interval of a group of ``n`` runs, None of a single run."""

    name: str
    mark: int
    x: np.ndarray
    y: np.ndarray
    low: np.ndarray | None = None
    high: np.ndarray | None = None
    n: int = 1


def lines_of_runs(runs: Sequence[Run], key: str, x: Axis) -> list[Line]:
    """One line for each run that has measured ``key``."""
    by_id = {run.pk: run for run in runs}
    found = series.read(list(by_id), [key], x=x, max_points=POINTS)
    return [Line(by_id[one.run].name, by_id[one.run].mark, one.x, one.y) for one in found if len(one.x)]


def lines_of_groups(runs: Sequence[Run], key: str, x: Axis, level: float = 0.95) -> list[Line]:
    """One line for each group of runs that differ only by seed: the mean of those that have finished."""
    groups = [group for group in group_replicates(runs) if group.counted]
    ids = [[run.pk for run in group.counted] for group in groups]
    curves = group_curves(ids, [key], x=x, max_points=POINTS, level=level)
    return [
        Line(
            groups[one.group].name,
            groups[one.group].first.mark,
            one.x,
            one.mean,
            one.low,
            one.high,
            int(one.n.max()),
        )
        for one in curves
    ]


def smoothed(line: Line, amount: float) -> Line:
    """The debiased exponential mean by distance in x, as the charts of the pages have it; gaps stay gaps."""
    if not amount or len(line.x) < 2 or line.x[-1] <= line.x[0]:
        return line
    unit = float(line.x[-1] - line.x[0]) / (len(line.x) - 1)
    parts = {
        name: _weighted(line.x, getattr(line, name), amount, unit)
        for name in ("y", "low", "high")
        if getattr(line, name) is not None
    }
    return Line(**{**vars(line), **parts})


def _weighted(x: np.ndarray, y: np.ndarray, factor: float, unit: float) -> np.ndarray:
    mean = weight = 0.0
    last = None
    found = np.full(len(y), np.nan)
    for at, (place, value) in enumerate(zip(x.tolist(), y.tolist(), strict=True)):
        if not np.isfinite(value):
            continue
        keep = factor ** (1.0 if last is None else (place - last) / unit)
        mean, weight, last = keep * mean + (1 - keep) * value, keep * weight + (1 - keep), place
        found[at] = mean / weight if weight else value
    return found
