"""The curve of a group of seeds: at each x the mean of its runs, and the t-interval of that mean."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from runs import series
from runs.series import SeriesData
from runs.series.read import Axis, Range
from runs.stats import LEVEL
from runs.student import t_quantile

#: Points of each run that are read; of longer series those that draw the same curve.
MOST_READ = 20_000


@dataclass(frozen=True)
class GroupCurve:
    """``group`` is its place among the groups. All arrays are (points,), ascending in ``x``; ``low`` … ``high`` are NaN
    where fewer than two runs have a value, and ``n`` says how many have one. ``count`` points were there before
    thinning out, ``exact``: all of them are here."""

    group: int
    key: str
    x: np.ndarray
    step: np.ndarray
    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray
    n: np.ndarray
    count: int
    exact: bool


def group_curves(
    groups: Sequence[Sequence[str]],
    keys: Sequence[str],
    *,
    x: Axis = "step",
    x_range: Range | None = None,
    max_points: int = 1000,
    level: float = LEVEL,
) -> list[GroupCurve]:
    """The curve of each group (ids of runs) × key that any of its runs has measured.

    The runs of a group are aligned by ``x``: at every x that one of them measured, the others count with the value
    on the straight line between their two points around it, but never before their first, after their last or across
    a NaN. Seeds that measure at the same steps are therefore compared at exactly these.
    """
    ids = list(dict.fromkeys(run for group in groups for run in group))
    found = series.read(ids, keys, x=x, x_range=x_range, max_points=MOST_READ)
    by_place = {(data.run, data.key): data for data in found if len(data.x)}
    curves = []
    for place, group in enumerate(groups):
        for key in keys:
            if members := [by_place[run, key] for run in group if (run, key) in by_place]:
                curves.append(_curve(place, key, members, max_points, level))
    return curves


def _curve(group: int, key: str, members: list[SeriesData], most: int, level: float) -> GroupCurve:
    known = np.unique(np.concatenate([data.x for data in members]))
    grid = _thinned(known, most)
    values = np.array([_values_at(grid, data.x, data.y) for data in members])
    mean, low, high, n = _interval(values, level)
    steps = np.array([np.interp(grid, data.x, data.step) for data in members]).mean(axis=0)
    exact = len(grid) == len(known) and all(data.exact for data in members)
    return GroupCurve(group, key, grid, np.rint(steps), mean, low, high, n, len(known), exact)


def _thinned(known: np.ndarray, most: int) -> np.ndarray:
    """At most ``most`` of these, evenly chosen, both ends among them."""
    if len(known) <= most:
        return known
    return known[np.linspace(0, len(known) - 1, most).round().astype(int)]


def _values_at(grid: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The values of one run at ``grid``; NaN where it has none."""
    finite = np.where(np.isfinite(y), y, np.nan)
    values = np.interp(grid, x, finite, left=np.nan, right=np.nan)
    # Of points at the same x the last; and a measured value counts also beside a NaN.
    places = np.maximum(np.searchsorted(x, grid, side="right") - 1, 0)
    measured = x[places] == grid
    values[measured] = finite[places[measured]]
    return values


def _interval(values: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Mean, interval and number of the finite values in each column of (runs, points)."""
    known = np.isfinite(values)
    n = known.sum(axis=0)
    mean = np.where(n, np.where(known, values, 0.0).sum(axis=0) / np.maximum(n, 1), np.nan)
    squares = np.where(known, (values - mean) ** 2, 0.0).sum(axis=0)
    spread = np.sqrt(squares / np.maximum(n - 1, 1))
    half = _quantiles(n, level) * spread / np.sqrt(np.maximum(n, 1))
    return mean, mean - half, mean + half, n


def _quantiles(counts: np.ndarray, level: float) -> np.ndarray:
    """Student's t for each number of values; NaN below two."""
    table = np.full(int(counts.max(initial=0)) + 1, np.nan)
    for n in np.unique(counts[counts > 1]).tolist():
        table[n] = t_quantile(level, n - 1)
    return table[counts]
