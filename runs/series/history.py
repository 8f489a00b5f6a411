"""Which points belong to the shown history of a run that was resumed.

Every stored point keeps the number of its attempt. A rewind says "attempt n went on from step s": points of
earlier attempts above s are abandoned: not shown, but readable with their attempt. Nothing is moved, so
points of an older attempt that arrive late fall on the right side by themselves.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import connection, transaction

from runs import sql
from runs.models import Chunk, PendingPoints, Rewind, Run, Series
from runs.series import batch, codec
from runs.series.summary import Summary, of_groups, summarize
from runs.series.table import write_summaries

log = logging.getLogger(__name__)


@dataclass(slots=True)
class History:
    """The rewinds of one run: ``cuts`` maps an attempt to the step that it went on from."""

    cuts: dict[int, int] = field(default_factory=dict)

    def limit(self, attempt: int) -> int | None:
        """The highest step of this attempt that is shown; None: all are."""
        return min((step for by, step in self.cuts.items() if by > attempt), default=None)


@dataclass(slots=True, frozen=True)
class Stretch:
    """Points of ``attempt`` above ``after_step`` are not in the shown history."""

    attempt: int
    after_step: int


def histories(run_ids: Iterable[str]) -> dict[str, History]:
    """The rewinds of each run; one query."""
    found = {run_id: History() for run_id in run_ids}
    if found:
        query = f"SELECT run_id, attempt, step FROM {sql.table(Rewind)} WHERE run_id IN ({sql.marks(found)})"  # noqa: S608
        for run_id, attempt, step in sql.rows(query, list(found)):
            found[run_id].cuts[attempt] = step
    return found


def abandoned(run_id: str) -> list[Stretch]:
    """The attempts of which points were abandoned; ``read(..., attempt=n)`` shows them."""
    history = histories([run_id])[run_id]
    pending = PendingPoints.objects.filter(run_id=run_id).values_list("attempt", flat=True)
    chunks = Chunk.objects.filter(series__run_id=run_id).order_by().values_list("attempt", flat=True)
    attempts = sorted(set(pending.order_by().distinct()) | set(chunks.distinct()))
    limits = [(attempt, history.limit(attempt)) for attempt in attempts]
    return [Stretch(attempt, limit) for attempt, limit in limits if limit is not None]


def rewind(run_id: str, step: int, attempt: int) -> None:
    """Attempt ``attempt`` goes on from checkpoint ``step``: what earlier attempts logged above it is
    abandoned.

    Saying it twice changes nothing. Summaries describe the shown history afterwards. The price is one
    decoding of the run's points (about 20 ms a million), so call it once an attempt.
    """
    with transaction.atomic():
        lock_runs([run_id])
        known = Rewind.objects.filter(run_id=run_id, attempt=attempt).values_list("step", flat=True)
        if list(known) == [step]:
            return
        Rewind.objects.update_or_create(run_id=run_id, attempt=attempt, defaults={"step": step})
        summarize_again(run_id)


def lock_runs(run_ids: Iterable[str]) -> None:
    """One writer at a time for each run's points. SQLite has one writer anyway."""
    if connection.features.has_select_for_update:
        runs = Run.objects.select_for_update(no_key=True).filter(id__in=list(run_ids)).order_by("id")
        list(runs.values_list("id", flat=True))


def summarize_again(run_id: str) -> None:
    """Write the summaries of a run's series from their stored points."""
    history = histories([run_id])[run_id]
    found = {
        series_id: Summary()
        for series_id in Series.objects.filter(run_id=run_id).values_list("id", flat=True)
    }
    _add_chunks(run_id, history, found)
    pending = PendingPoints.objects.filter(run_id=run_id).order_by("id").values_list("attempt", "data")
    for attempt, data in pending.iterator():
        for series_id, summary in _pending_summaries(data, attempt, history.limit(attempt)).items():
            found[series_id].add(summary)
    write_summaries(found)


def _pending_summaries(data: codec.Buffer, attempt: int, limit: int | None) -> dict[int, Summary]:
    """The summary of each series in a PendingPoints row."""
    try:
        return of_groups(batch.decode(data), attempt, limit)
    except codec.DamagedError as error:
        log.error("pending points of attempt %s are damaged: %s", attempt, error)
        return {}


def _add_chunks(run_id: str, history: History, found: dict[int, Summary]) -> None:
    chunks = Chunk.objects.filter(series__run_id=run_id).order_by("series_id", "attempt", "number")
    rows = chunks.values_list("series_id", "attempt", "min_step", "data")
    for series_id, attempt, min_step, data in rows.iterator(chunk_size=50):
        limit = history.limit(attempt)
        if limit is not None and min_step > limit:
            continue
        try:
            points = codec.decode(data, ("step", "value"))
        except codec.DamagedError as error:
            log.error("a chunk of series %s is damaged: %s", series_id, error)
            continue
        steps, values = points["step"], points["value"]
        if limit is not None:
            shown = steps <= limit
            steps, values = steps[shown], values[shown]
        found[series_id].add(summarize(steps, values[None, :], attempt)[0])
