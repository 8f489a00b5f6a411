"""Is every stored point still what was written?"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet

from runs.models import Chunk, PendingPoints
from runs.series import batch, codec
from runs.series.points import size


@dataclass(slots=True, frozen=True)
class Damage:
    """``points`` points of ``run`` cannot be read; ``key`` is empty where all of its series are concerned."""

    run: str
    key: str
    where: str
    points: int
    problem: str


def check(run_ids: Iterable[str] | None = None) -> list[Damage]:
    """Verify checksums and decode every chunk, outline and pending row of these runs (None: of all)."""
    chunks, pending = Chunk.objects.all(), PendingPoints.objects.all()
    if run_ids is not None:
        wanted = list(run_ids)
        chunks, pending = chunks.filter(series__run_id__in=wanted), pending.filter(run_id__in=wanted)
    return [*_bad_chunks(chunks), *_bad_pending(pending)]


def _bad_chunks(chunks: QuerySet[Chunk]) -> list[Damage]:
    damages = []
    fields = ("id", "count", "data", "outline", "series__run_id", "series__key")
    for chunk, count, data, outline, run, key in (
        chunks.order_by("id").values_list(*fields).iterator(chunk_size=50)
    ):
        problem = _problem_of_chunk(data, outline, count)
        if problem:
            damages.append(Damage(run, key, f"chunk {chunk}", count, problem))
    return damages


def _problem_of_chunk(data: codec.Buffer, outline: codec.Buffer, count: int) -> str:
    try:
        found = size(codec.decode(data))
        if outline:
            codec.decode(outline)
    except codec.DamagedError as error:
        return str(error)
    return "" if found == count else f"{found} points are stored where {count} were written"


def _bad_pending(pending: QuerySet[PendingPoints]) -> list[Damage]:
    damages = []
    for row, run, count, data in pending.values_list("id", "run_id", "count", "data").iterator(chunk_size=50):
        problem = _problem_of_pending(data, count)
        if problem:
            damages.append(Damage(run, "", f"pending points {row}", count, problem))
    return damages


def _problem_of_pending(data: codec.Buffer, count: int) -> str:
    try:
        found = batch.count_points(batch.decode(data))
    except codec.DamagedError as error:
        return str(error)
    return "" if found == count else f"{found} points are stored where {count} were written"
