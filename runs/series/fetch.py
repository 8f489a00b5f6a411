"""Which stored bytes a read needs, and getting them with a fixed number of queries.

Pending rows are read before the list of chunks: where a seal commits in between, the new chunks say through
which row they were sealed, and those rows are passed over for that series. Nothing is missed or shown twice,
without a lock.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from runs.models import Chunk, PendingPoints
from runs.series import batch, codec
from runs.series.points import Points

log = logging.getLogger(__name__)


class MovedError(Exception):
    """A compaction replaced chunks between two queries of one read; reading again helps."""


@dataclass(slots=True)
class Part:
    """Points of one series in the pending row ``row``."""

    attempt: int
    points: Points
    row: int


@dataclass(slots=True)
class ChunkInfo:
    """A chunk without its points; ``low`` and ``high``: the range of the x axis asked for."""

    id: int
    series_id: int
    number: int
    attempt: int
    count: int
    sealed_through: int
    min_step: int
    max_step: int
    low: float | None
    high: float | None

    def shown(self, limit: int | None) -> bool:
        return limit is None or self.min_step <= limit

    def overlaps(self, x_range: tuple[float, float] | None) -> bool:
        if self.low is None or self.high is None:
            return False
        return x_range is None or (self.low <= x_range[1] and self.high >= x_range[0])

    def inside(self, x_range: tuple[float, float] | None, limit: int | None) -> bool:
        """Every point is shown and in the window."""
        if limit is not None and self.max_step > limit:
            return False
        if x_range is None:
            return True
        if self.low is None or self.high is None:
            return False
        return x_range[0] <= self.low and self.high <= x_range[1]


def pending_parts(
    run_ids: Iterable[str], series_ids: set[int], names: list[str]
) -> tuple[dict[int, list[Part]], dict[str, int]]:
    """The pending points of these series, and how many of each run's are damaged (all keys); one query."""
    found: dict[int, list[Part]] = {}
    damaged: dict[str, int] = {}
    # Unordered: SQLite would carry the points through its sorter. The parts are put in order by their row's
    # id.
    rows = PendingPoints.objects.filter(run_id__in=list(run_ids)).order_by()
    for row, run_id, attempt, count, data in rows.values_list("id", "run_id", "attempt", "count", "data"):
        try:
            extracted = batch.extract(data, series_ids, names)
        except codec.DamagedError as error:
            log.error("pending points %s are damaged: %s", row, error)
            damaged[run_id] = damaged.get(run_id, 0) + count
            continue
        for series_id, points in extracted.items():
            found.setdefault(series_id, []).append(Part(attempt, points, row))
    return found, damaged


def chunk_infos(series_ids: Iterable[int], axis: str) -> dict[int, list[ChunkInfo]]:
    """The chunks of these series in order of arrival within each attempt; one query."""
    found: dict[int, list[ChunkInfo]] = {}
    fields = ("id", "series_id", "number", "attempt", "count", "sealed_through", "min_step", "max_step")
    rows = Chunk.objects.filter(series_id__in=list(series_ids)).order_by("series_id", "number")
    for row in rows.values_list(*fields, f"min_{axis}", f"max_{axis}"):
        found.setdefault(row[1], []).append(ChunkInfo(*row))
    return found


def drop_sealed(parts: list[Part], chunks: list[ChunkInfo]) -> list[Part]:
    """Pending parts that are in none of the chunks."""
    through: dict[int, int] = {}
    for chunk in chunks:
        through[chunk.attempt] = max(chunk.sealed_through, through.get(chunk.attempt, 0))
    return [part for part in parts if part.row > through.get(part.attempt, 0)]


def load(infos: Iterable[ChunkInfo], column: str, names: list[str]) -> dict[int, Points | None]:
    """The points in ``column`` ("data" or "outline") by chunk id, None where they are damaged; one query.

    Raises MovedError.
    """
    wanted = {info.id for info in infos}
    found: dict[int, Points | None] = {}
    if not wanted:
        return found
    for chunk_id, data in Chunk.objects.filter(id__in=wanted).values_list("id", column):
        try:
            found[chunk_id] = codec.decode(data, names)
        except codec.DamagedError as error:
            log.error("chunk %s is damaged: %s", chunk_id, error)
            found[chunk_id] = None
    if len(found) < len(wanted):
        raise MovedError
    return found
