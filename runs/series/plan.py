"""Which stored points draw one series, and how they become one curve."""

from dataclasses import dataclass, field

import numpy as np

from runs.series.downsample import BIN, choose
from runs.series.fetch import ChunkInfo, Part, drop_sealed
from runs.series.history import History
from runs.series.points import Points, concat, size, take

Loaded = dict[int, Points | None]
#: Attempt, sealed (0) or pending (1), number or row: sealed points arrived before pending ones.
_Place = tuple[int, int, int]


@dataclass(slots=True)
class Query:
    """What is asked of one series; ``window`` in units of the stored column; no ``history``: all points."""

    column: str
    names: list[str]
    most: int
    window: tuple[float, float] | None
    history: History | None
    attempt: int | None = None

    def limit(self, attempt: int) -> int | None:
        return self.history.limit(attempt) if self.history else None

    def matches(self, points: Points) -> Points:
        """Those of the points that lie on the x axis and in the window."""
        x = points[self.column]
        if self.window is None:
            if self.column == "step":
                return points
            keep = ~np.isnan(x)
        else:
            keep = (x >= self.window[0]) & (x <= self.window[1])
        return points if keep.all() else take(points, keep)

    def shows(self, points: Points, attempt: int) -> Points:
        """Those of an attempt's points that match and belong to the shown history."""
        limit = self.limit(attempt)
        if limit is not None:
            shown = points["step"] <= limit
            points = points if shown.all() else take(points, shown)
        return self.matches(points)


@dataclass(slots=True)
class Plan:
    """What an answer is made of: pending parts, chunks to decode, and chunks whose outline will do."""

    parts: list[Part]
    full: list[ChunkInfo] = field(default_factory=list)
    far: list[ChunkInfo] = field(default_factory=list)


@dataclass(slots=True)
class Curve:
    """The points to draw in order of x, how many lie in the window, and how many in it are damaged."""

    points: Points
    count: int
    damaged: int

    @property
    def exact(self) -> bool:
        return size(self.points) == self.count


def make(pending: list[Part], chunks: list[ChunkInfo], query: Query) -> Plan:
    """Decode the chunks of the window, except where far more points lie than are drawn: there, outlines."""
    plan = Plan(drop_sealed(pending, chunks))
    if query.attempt is not None:
        plan.parts = [part for part in plan.parts if part.attempt == query.attempt]
        chunks = [chunk for chunk in chunks if chunk.attempt == query.attempt]
    limits = {chunk.attempt: query.limit(chunk.attempt) for chunk in chunks}
    chunks = [c for c in chunks if c.shown(limits[c.attempt]) and c.overlaps(query.window)]
    # An outline has two points a bin; it should offer twice as many as are drawn.
    far_off = sum(chunk.count for chunk in chunks) >= BIN * query.most
    for chunk in chunks:
        whole = chunk.count >= 2 * BIN and chunk.inside(query.window, limits[chunk.attempt])
        (plan.far if far_off and whole else plan.full).append(chunk)
    return plan


def draw(plan: Plan, query: Query, full: Loaded, far: Loaded) -> Curve:
    """The curve out of what the plan asked for."""
    parts: list[tuple[_Place, Points]] = []
    damaged = 0
    for part in plan.parts:
        parts.append(((part.attempt, 1, part.row), query.shows(part.points, part.attempt)))
    for chunk in plan.full:
        if (points := full[chunk.id]) is None:
            damaged += chunk.count
        else:
            parts.append(((chunk.attempt, 0, chunk.number), query.shows(points, chunk.attempt)))
    count = sum(size(points) for _, points in parts)
    for chunk in plan.far:
        if (points := far[chunk.id]) is None:
            damaged += chunk.count
        else:
            parts.append(((chunk.attempt, 0, chunk.number), query.matches(points)))
            count += chunk.count
    parts.sort(key=lambda pair: pair[0])
    points = _sorted(concat([points for _, points in parts], query.names), query.column)
    return Curve(take(points, choose(points["value"], query.most)), count, damaged)


def _sorted(points: Points, column: str) -> Points:
    x = points[column]
    if (x[1:] >= x[:-1]).all():
        return points
    return take(points, np.argsort(x, kind="stable"))
