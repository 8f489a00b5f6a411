"""A batch of events from a bridge, applied exactly once.

The number of the last event is stored in the same transaction as what the events did, and the bridge is told
after the commit. Whatever was cut off comes again and is skipped up to that number.
"""

from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

from django.db import connection
from django.utils import timezone

from runs import sql
from runs.draft import Draft
from runs.events import apply_event, revive, warn_of_refused_keys
from runs.models import Attempt, Run, Source
from runs.rules.ended import run_ended
from runs.rules.watch import watch
from trainer_bridge import protocol

#: How exact an attempt's last sign of life is; crashed runs are found by minutes, so seconds do.
HEARD_EVERY = timedelta(seconds=2)


@dataclass(frozen=True)
class Sender:
    """Who sends: one source ("trainer", "supervisor") of one attempt.

    ``late``: somebody delivers what a process left that has ended; it is no sign of life.
    """

    attempt_id: int
    source: str
    late: bool = False


@dataclass(frozen=True)
class Applied:
    """``last`` is durable once the transaction commits. ``update`` is for the browsers that watch the run,
    None when nothing new came. ``slots_changed``: the run took or left a device slot; ``ended``: it is over;
    ``concerns_sweep``: its sweep may have something to decide.
    """

    last: int
    update: dict[str, Any] | None = None
    slots_changed: bool = False
    ended: bool = False
    concerns_sweep: bool = False


class BatchRefused(Exception):
    """The batch cannot be taken; the text says why. ``final``: neither can any later one of this attempt.

    ``over``: the run goes on without the attempt, or is gone.
    """

    def __init__(self, reason: str, final: bool = False, over: bool = False) -> None:
        super().__init__(reason)
        self.final, self.over = final, over


def last_number(sender: Sender) -> int:
    """The last stored event of this source, 0 before the first. Raises BatchRefused for an old attempt."""
    attempt = Attempt.objects.get(pk=sender.attempt_id)
    _refuse_old(attempt)
    source, _ = Source.objects.get_or_create(attempt=attempt, name=sender.source)
    return source.last


def apply_batch(sender: Sender, batch: protocol.Batch) -> Applied:
    """Apply what is new, inside the caller's transaction. Raises BatchRefused and changes nothing."""
    place = _locked(sender)
    _refuse_old(place.attempt)
    if batch.first > place.last + 1:
        raise BatchRefused(f"expected event {place.last + 1}, but the batch begins with event {batch.first}")
    events = batch.events[place.last + 1 - batch.first :]
    if not events:
        return Applied(place.last)
    draft = Draft(place.run, place.attempt, sender.source)
    if not sender.late:
        revive(draft)
    for event in events:
        apply_event(draft, event)
    last = place.last + len(events)
    sql.execute(f"UPDATE {sql.table(Source)} SET last = %s WHERE id = %s", [last, place.source])  # noqa: S608
    if not sender.late:
        _heard(place.attempt)
    draft.save()
    warn_of_refused_keys(draft)
    watch(draft, events)
    if draft.ended and run_ended(draft.run.pk):
        draft.flag("rules")
    return Applied(last, draft.live_update(), draft.slots_changed, draft.ended, draft.concerns_sweep)


def heard(sender: Sender) -> Applied:
    """Note a sign of life that brings no events; a run that was given up too early goes on."""
    place = _locked(sender)
    if sender.late:
        return Applied(place.last)
    _heard(place.attempt)
    draft = Draft(place.run, place.attempt, sender.source)
    if not revive(draft):
        return Applied(place.last)
    draft.save()
    return Applied(place.last, draft.live_update(), draft.slots_changed)


@dataclass
class _Place:
    """Where a batch goes, its rows locked. ``last`` is the number of the source's last stored event."""

    run: Run
    attempt: Attempt
    source: int
    last: int


def _locked(sender: Sender) -> _Place:
    lock = connection.ops.for_update_sql() if connection.features.has_select_for_update else ""
    found = sql.rows(
        f"SELECT id, last FROM {sql.table(Source)} WHERE attempt_id = %s AND name = %s {lock}",  # noqa: S608
        [sender.attempt_id, sender.source],
    )
    attempts = list(
        Attempt.objects.raw(
            f"SELECT {sql.columns(_columns_of_attempt())} FROM {sql.table(Attempt)} WHERE id = %s",  # noqa: S608
            [sender.attempt_id],
        )
    )
    if not found or not attempts:
        raise BatchRefused("the run of this attempt was deleted", final=True, over=True)
    ((source, last),), (attempt,) = found, attempts
    query = f"SELECT {sql.columns(_columns_of_run())} FROM {sql.table(Run)} WHERE id = %s {lock}"  # noqa: S608
    (run,) = Run.objects.raw(query, [attempt.run_id])
    attempt.run = run
    return _Place(run, attempt, source, last)


@cache
def _columns_of_run() -> list[str]:
    """Those of the run without what hardly any event needs; the one that does has it fetched."""
    large = {"spec", "trial_params", "trial_attrs", "tags", "environment", "traceback"}
    columns = [field.column for field in Run._meta.concrete_fields]
    return [column for column in columns if column and column not in large]


@cache
def _columns_of_attempt() -> list[str]:
    columns = [field.column for field in Attempt._meta.concrete_fields]
    return [column for column in columns if column and column != "config"]


def _refuse_old(attempt: Attempt) -> None:
    query = f"SELECT MAX(number) FROM {sql.table(Attempt)} WHERE run_id = %s"  # noqa: S608
    ((newest,),) = sql.rows(query, [attempt.run_id])
    if attempt.number < newest:
        reason = f"attempt {newest} of this run has taken over from attempt {attempt.number}"
        raise BatchRefused(reason, final=True, over=True)


def _heard(attempt: Attempt) -> None:
    now = timezone.now()
    # The clock may have been set back: then the last sign of life lies in the future.
    if abs(now - attempt.heard_at) > HEARD_EVERY:
        Attempt.objects.filter(pk=attempt.pk).update(heard_at=now)
