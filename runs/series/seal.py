"""From pending rows to chunks, a little with each append, so that neither grows without bound.

Small rows are folded into larger ones, always a tail of them at least as large as the row before it, so a
point is rewritten a logarithmic number of times. Once enough points wait, the series that have enough of them
are sealed, and the rest (rare series) go on waiting in one row. All of it concerns one attempt of one run at
a time and happens in the transaction of the append.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import transaction

from runs.models import PendingPoints
from runs.series import batch, chunks, codec
from runs.series.batch import Group
from runs.series.history import lock_runs

log = logging.getLogger(__name__)

#: So many pending rows of an attempt are folded.
FOLD_ROWS = 32
#: So many pending points of an attempt are looked through for series to seal.
SEAL_POINTS = 65_536
#: A series is sealed from so many points; at the end of a run from so many.
MIN_CHUNK = 4096
MIN_LAST_CHUNK = 512
#: If more points than this would go on waiting, every series is sealed however short: a read looks through
#: all.
MOST_PENDING = 262_144
# After so many rows (or points) of a run in this process, its pending rows are counted. A hint that costs no
# query.
_LOOK_ROWS = 16
_LOOK_POINTS = SEAL_POINTS // 4
Place = tuple[str, int]  # run, attempt


@dataclass(slots=True)
class _Since:
    # A process that has just started knows nothing of what waits, so it looks at once.
    rows: int = _LOOK_ROWS
    points: int = 0


_since: defaultdict[Place, _Since] = defaultdict(_Since)


@dataclass(slots=True)
class Waiting:
    """The pending rows of one attempt, (id, points) each, and the groups that arrive now."""

    arriving: list[Group] = field(default_factory=list)
    rows: list[tuple[int, int]] = field(default_factory=list)

    def counts(self) -> list[int]:
        return [count for _, count in self.rows] + [batch.count_points(self.arriving)]


def store(arriving: dict[Place, list[Group]]) -> None:
    """Store groups keyed by series id: as pending rows, folded or sealed where it is time."""
    due = {place for place, groups in arriving.items() if _is_due(place, batch.count_points(groups))}
    new = [_row(place, groups) for place, groups in arriving.items() if place not in due]
    for place, waiting in _look({place: arriving[place] for place in due}).items():
        new += _settle(place, waiting)
    PendingPoints.objects.bulk_create(new)


def compact(run_id: str) -> None:
    """Seal what a run has pending and merge small chunks; no answer changes. For runs that have ended."""
    with transaction.atomic():
        lock_runs([run_id])
        attempts = PendingPoints.objects.filter(run_id=run_id).order_by().values_list("attempt", flat=True)
        places: dict[Place, list[Group]] = {(run_id, attempt): [] for attempt in attempts.distinct()}
        for place, waiting in _look(places).items():
            PendingPoints.objects.bulk_create(_seal(place, waiting, MIN_LAST_CHUNK, SEAL_POINTS))
        chunks.merge_small(run_id)


def _is_due(place: Place, points: int) -> bool:
    if len(_since) > 10_000:
        _since.clear()
    since = _since[place]
    since.rows += 1
    since.points += points
    if since.rows < _LOOK_ROWS and since.points < _LOOK_POINTS:
        return False
    _since[place] = _Since(rows=0)
    return True


def _look(arriving: dict[Place, list[Group]]) -> dict[Place, Waiting]:
    """What each of these attempts has waiting; one query."""
    found = {place: Waiting(groups) for place, groups in arriving.items()}
    if not found:
        return found
    rows = PendingPoints.objects.filter(run_id__in={run for run, _ in found}).order_by("id")
    for row, run_id, attempt, count in rows.values_list("id", "run_id", "attempt", "count"):
        if waiting := found.get((run_id, attempt)):
            waiting.rows.append((row, count))
    return found


def _settle(place: Place, waiting: Waiting) -> list[PendingPoints]:
    """The rows to write for what arrives, after sealing or folding if it is time for that."""
    counts = waiting.counts()
    # Rows this large are what earlier looks left over; they are looked through again when as much has joined
    # them.
    left_over = sum(count for _, count in waiting.rows if count >= SEAL_POINTS)
    if sum(counts) - left_over >= max(SEAL_POINTS, left_over):
        return _seal(place, waiting, MIN_CHUNK, MOST_PENDING)
    if len(counts) > FOLD_ROWS:
        return [_row(place, _take(waiting, fold_from(counts)), compress=True)]
    return [_row(place, waiting.arriving)]


def fold_from(counts: list[int]) -> int:
    """The first row to fold: half the allowed rows from the end, and on while the one before is no larger."""
    first = max(0, len(counts) - FOLD_ROWS // 2)
    total = sum(counts[first:])
    while first > 0 and counts[first - 1] <= total:
        first -= 1
        total += counts[first]
    return first


def _seal(place: Place, waiting: Waiting, least: int, most_left: int) -> list[PendingPoints]:
    """Seal the series with ``least`` points or more; the rows to write for the rest."""
    through = max((row for row, _ in waiting.rows), default=0)
    groups = _take(waiting, 0)
    rest = chunks.seal(groups, place[1], through, least)
    if batch.count_points(rest) > most_left:
        rest = chunks.seal(rest, place[1], through, 1)
    return [_row(place, rest, compress=True)] if rest else []


def _take(waiting: Waiting, first: int) -> list[Group]:
    """Delete the pending rows from the first-th on; their groups and the arriving ones, merged.

    A damaged row stays where it is: it must not keep the run's further points out.
    """
    parts: list[list[Group]] = []
    taken: list[int] = []
    rows = PendingPoints.objects.filter(id__in=[row for row, _ in waiting.rows[first:]])
    for row, data in rows.order_by("id").values_list("id", "data"):
        try:
            parts.append(batch.decode(data))
            taken.append(row)
        except codec.DamagedError as error:
            log.error("pending points %s are damaged: %s", row, error)
    PendingPoints.objects.filter(id__in=taken).delete()
    return batch.merge([*parts, waiting.arriving])


def _row(place: Place, groups: Iterable[Group], *, compress: bool = False) -> PendingPoints:
    groups = list(groups)
    return PendingPoints(
        run_id=place[0],
        attempt=place[1],
        count=batch.count_points(groups),
        data=batch.encode(groups, compress=compress),
    )
