"""Points out: one range of some series at the resolution of a chart."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from django.db.models import Min

from runs.models import Series
from runs.series import fetch
from runs.series.downsample import BIN, LEAST, choose
from runs.series.fetch import ChunkInfo, Part, Plan
from runs.series.history import History, histories
from runs.series.points import Points, concat, size, take

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
_TRIES = 5


@dataclass(slots=True)
class SeriesData:
    """One series to draw, ascending in x; points with equal x stay in order of attempt and arrival.

    ``count`` points lie in the window; if ``exact`` all of them are here, else those that draw the same curve.
    ``x`` is in steps, epochs, seconds or tokens; ``step`` is int64; ``epoch`` is NaN where unknown; ``time`` (seconds
    since the Unix epoch) is there for the axes "relative" and "wall". ``damaged``: stored points that failed their
    checksum and are missing here (of pending points, those of all the run's series).
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


@dataclass(slots=True)
class _Query:
    column: str
    window: tuple[float, float] | None  # in the units of the stored column
    most: int
    attempt: int | None
    names: list[str]


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

    ``x_range`` is (from, to) in units of ``x``, both inclusive, None for an open end. ``relative`` counts seconds from the
    run's first point. Points without an epoch (or tokens) are not on that axis. With ``attempt`` only that attempt is
    read, its abandoned points included. At most seven queries, however many runs and keys. Raises ValueError.
    """
    if x not in AXES:
        raise ValueError(f"there is no x axis {x!r}; there are {', '.join(AXES)}")
    if max_points < LEAST:
        raise ValueError(f"a curve cannot be drawn in {max_points} points; ask for {LEAST} or more")
    for _ in range(_TRIES):
        try:
            return _read(run_ids, keys, x, x_range, max_points, attempt)
        except fetch.MovedError:
            continue
    raise RuntimeError(f"chunks of {len(run_ids)} runs kept moving while they were read")


def _read(run_ids, keys, x, x_range, max_points, attempt) -> list[SeriesData]:
    series = _series(run_ids, keys)
    if not series:
        return []
    past = histories(run_ids) if attempt is None else {}
    origins = _origins(run_ids) if x == "relative" else {}
    column = AXES[x]
    names = list(dict.fromkeys(["step", "epoch", column, "value"]))
    ids = {series_id for series_id, _, _ in series}
    pending, lost = fetch.pending_parts(run_ids, ids, names)
    chunks = fetch.chunk_infos(ids, column)
    plans: list[tuple[Plan, _Query, History | None]] = []
    for series_id, run_id, _ in series:
        window = _window(x_range, origins.get(run_id, 0.0))
        query = _Query(column, window, max_points, attempt, names)
        history = past.get(run_id)
        plans.append(
            (_plan(pending.get(series_id, []), chunks.get(series_id, []), query, history), query, history)
        )
    full, bad = fetch.load((c for plan, _, _ in plans for c in plan.full), "data", names)
    far, bad_far = fetch.load((c for plan, _, _ in plans for c in plan.far), "outline", names)
    answers = []
    for (_, run_id, key), (plan, query, history) in zip(series, plans, strict=True):
        plan.damaged = lost.get(run_id, 0) + sum(
            c.count for c in (*plan.full, *plan.far) if c.id in bad or c.id in bad_far
        )
        points, count, exact = _assemble(plan, query, history, full, far)
        answers.append(_answer(run_id, key, points, count, exact, plan, x, origins.get(run_id, 0.0)))
    return answers


def _series(run_ids: Sequence[str], keys: Sequence[str]) -> list[tuple[int, str, str]]:
    rows = Series.objects.filter(run_id__in=list(run_ids), key__in=list(keys)).values_list(
        "id", "run_id", "key"
    )
    found = {(run, key): (series_id, run, key) for series_id, run, key in rows}
    return [found[run, key] for run in run_ids for key in keys if (run, key) in found]


def _origins(run_ids: Iterable[str]) -> dict[str, float]:
    """When each run's first point was measured."""
    rows = (
        Series.objects.filter(run_id__in=list(run_ids))
        .values("run_id")
        .order_by()
        .annotate(at=Min("first_time"))
    )
    return {row["run_id"]: row["at"] or 0.0 for row in rows}


def _window(x_range: Range | None, origin: float) -> tuple[float, float] | None:
    if x_range is None or x_range == (None, None):
        return None
    low, high = x_range
    return (-np.inf if low is None else low + origin, np.inf if high is None else high + origin)


def _plan(pending: list[Part], chunks: list[ChunkInfo], query: _Query, history: History | None) -> Plan:
    """Which chunks are decoded, and of which the outline will do because far more points lie there than are drawn."""
    plan = Plan(parts=fetch.drop_sealed(pending, chunks))
    if query.attempt is not None:
        plan.parts = [part for part in plan.parts if part.attempt == query.attempt]
        chunks = [chunk for chunk in chunks if chunk.attempt == query.attempt]
    limits = {chunk.attempt: history.limit(chunk.attempt) if history else None for chunk in chunks}
    chunks = [c for c in chunks if c.shown(limits[c.attempt]) and c.overlaps(query.window)]
    # An outline has two points a bin; it should offer twice as many as are drawn.
    far_off = sum(chunk.count for chunk in chunks) >= BIN * query.most
    for chunk in chunks:
        whole = chunk.inside(query.window, limits[chunk.attempt])
        (plan.far if far_off and whole and chunk.count >= 2 * BIN else plan.full).append(chunk)
    return plan


def _assemble(
    plan: Plan, query: _Query, history: History | None, full: dict[int, Points], far: dict[int, Points]
) -> tuple[Points, int, bool]:
    """The points to draw, how many lie in the window, and whether these are all."""
    # In order of attempt and arrival: sealed points arrived before pending ones.
    parts = [((c.attempt, 0, c.number), full[c.id]) for c in plan.full if c.id in full]
    parts += [((part.attempt, 1, part.row), part.points) for part in plan.parts]
    parts = [(place, _in_window(fetch.visible(p, history, place[0]), query)) for place, p in parts]
    outlines = [c for c in plan.far if c.id in far]
    count = sum(size(p) for _, p in parts) + sum(c.count for c in outlines)
    parts += [((c.attempt, 0, c.number), far[c.id]) for c in outlines]
    parts.sort(key=lambda pair: pair[0])
    points = _sorted(concat([p for _, p in parts], query.names), query.column)
    chosen = take(points, choose(points["value"], query.most))
    return chosen, count, size(chosen) == count


def _in_window(points: Points, query: _Query) -> Points:
    x = points[query.column]
    if query.window is None:
        if query.column == "step":
            return points
        keep = ~np.isnan(x)
    else:
        keep = (x >= query.window[0]) & (x <= query.window[1])
    return points if keep.all() else take(points, keep)


def _sorted(points: Points, column: str) -> Points:
    x = points[column]
    if (x[1:] >= x[:-1]).all():
        return points
    return take(points, np.argsort(x, kind="stable"))


def _answer(run_id, key, points: Points, count, exact, plan: Plan, axis: str, origin: float) -> SeriesData:
    column = points[AXES[axis]]
    return SeriesData(
        run=run_id,
        key=key,
        count=count,
        x=column - origin if axis == "relative" else column.astype("<f8"),
        y=points["value"],
        step=points["step"],
        epoch=points["epoch"],
        time=points.get("time"),
        exact=exact,
        damaged=plan.damaged,
    )
