"""Points out: one range of some series at the resolution of a chart."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from django.db.models import Min

from runs.models import Series
from runs.series import fetch, plan
from runs.series.downsample import LEAST
from runs.series.history import histories
from runs.series.plan import Curve, Query

Axis = Literal["step", "epoch", "relative", "wall", "tokens"]
#: The stored column behind each x axis.
AXES: dict[str, str] = {
    "step": "step",
    "epoch": "epoch",
    "relative": "time",
    "wall": "time",
    "tokens": "tokens",
}
Range = tuple[float | None, float | None]
_Row = tuple[int, str, str]  # series id, run, key
_TRIES = 5


@dataclass(slots=True)
class SeriesData:
    """One series to draw, ascending in x; points with equal x stay in order of attempt and arrival.

    ``count`` points lie in the window; if ``exact`` all of them are here, else those that draw the same
    curve. ``x`` is in steps, epochs, seconds or tokens; ``step`` is int64; ``epoch`` is NaN where unknown;
    ``time`` (seconds since the Unix epoch) is there for the axes "relative" and "wall". ``damaged``: stored
    points that failed their checksum and are missing here (of pending points, those of all the run's series).
    """

    run: str
    key: str
    count: int
    x: np.ndarray
    y: np.ndarray
    step: np.ndarray
    epoch: np.ndarray
    time: np.ndarray | None
    exact: bool
    damaged: int = 0


def read(
    run_ids: Sequence[str],
    keys: Sequence[str],
    *,
    x: Axis = "step",
    x_range: Range | None = None,
    max_points: int = 1500,
    attempt: int | None = None,
) -> list[SeriesData]:
    """Each run × key that exists, in the order asked for, in at most ``max_points`` points (at least 8).

    ``x_range`` is (from, to) in units of ``x``, both inclusive, None for an open end. ``relative`` counts
    seconds from the run's first point. Points without an epoch (or tokens) are not on that axis. With
    ``attempt`` only that attempt is read, its abandoned points included. At most seven queries, however many
    runs and keys. Raises ValueError.
    """
    if x not in AXES:
        raise ValueError(f"there is no x axis {x!r}; there are {', '.join(AXES)}")
    if max_points < LEAST:
        raise ValueError(f"a curve cannot be drawn in {max_points} points; ask for {LEAST} or more")
    for _ in range(_TRIES):
        try:
            return _read(_series(run_ids, keys), x, x_range, max_points, attempt)
        except fetch.MovedError:
            continue
    raise RuntimeError(f"chunks of {len(run_ids)} runs kept moving while they were read")


def _read(
    series: list[_Row], axis: Axis, x_range: Range | None, most: int, attempt: int | None
) -> list[SeriesData]:
    if not series:
        return []
    run_ids = list(dict.fromkeys(run_id for _, run_id, _ in series))
    past = histories(run_ids) if attempt is None else {}
    origins = _origins(run_ids) if axis == "relative" else dict.fromkeys(run_ids, 0.0)
    names = list(dict.fromkeys(["step", "epoch", AXES[axis], "value"]))
    queries = {
        run_id: Query(AXES[axis], names, most, _window(x_range, origins[run_id]), past.get(run_id), attempt)
        for run_id in run_ids
    }
    curves, lost = _curves(series, queries)
    return [
        _answer(run_id, key, curve, axis, origins[run_id], lost.get(run_id, 0))
        for (_, run_id, key), curve in zip(series, curves, strict=True)
    ]


def _curves(series: list[_Row], queries: dict[str, Query]) -> tuple[list[Curve], dict[str, int]]:
    """Each series' curve, and how many pending points of each run are damaged."""
    ids = {series_id for series_id, _, _ in series}
    one = next(iter(queries.values()))
    pending, lost = fetch.pending_parts(queries, ids, one.names)
    chunks = fetch.chunk_infos(ids, one.column)
    plans = [
        plan.make(pending.get(series_id, []), chunks.get(series_id, []), queries[run_id])
        for series_id, run_id, _ in series
    ]
    full = fetch.load((chunk for each in plans for chunk in each.full), "data", one.names)
    far = fetch.load((chunk for each in plans for chunk in each.far), "outline", one.names)
    rows = zip(series, plans, strict=True)
    return [plan.draw(each, queries[run_id], full, far) for (_, run_id, _), each in rows], lost


def _series(run_ids: Sequence[str], keys: Sequence[str]) -> list[_Row]:
    rows = Series.objects.filter(run_id__in=list(run_ids), key__in=list(keys))
    found = {(row[1], row[2]): row for row in rows.values_list("id", "run_id", "key")}
    return [found[run, key] for run in run_ids for key in keys if (run, key) in found]


def _origins(run_ids: Iterable[str]) -> dict[str, float]:
    """When each run's first point was measured."""
    rows = Series.objects.filter(run_id__in=list(run_ids)).order_by().values("run_id")
    return {row["run_id"]: row["at"] or 0.0 for row in rows.annotate(at=Min("first_time"))}


def _window(x_range: Range | None, origin: float) -> tuple[float, float] | None:
    if x_range is None or x_range == (None, None):
        return None
    low, high = x_range
    return (-math.inf if low is None else low + origin, math.inf if high is None else high + origin)


def _answer(run_id: str, key: str, curve: Curve, axis: Axis, origin: float, lost: int) -> SeriesData:
    points = curve.points
    column = points[AXES[axis]]
    return SeriesData(
        run=run_id,
        key=key,
        count=curve.count,
        x=column - origin if axis == "relative" else column.astype("<f8"),
        y=points["value"],
        step=points["step"],
        epoch=points["epoch"],
        time=points.get("time"),
        exact=curve.exact,
        damaged=curve.damaged + lost,
    )
