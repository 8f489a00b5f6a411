"""A batch of events from a bridge, applied exactly once.

The number of the last event is stored in the same transaction as what the events did, and the bridge is told
after the commit. Whatever was cut off comes again and is skipped up to that number.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Max
from django.utils import timezone

from runs.draft import Draft
from runs.events import apply_event, revive, warn_of_refused_keys
from runs.models import Attempt, Source
from trainer_bridge import protocol

#: How exact an attempt's last sign of life is; crashed runs are found by minutes, so seconds do.
HEARD_EVERY = timedelta(seconds=2)


@dataclass(frozen=True)
class Sender:
    """Who sends: one source ("trainer", "supervisor") of one attempt."""

    attempt_id: int
    source: str


@dataclass(frozen=True)
class Applied:
    """``last`` is durable once the transaction commits. ``update`` is for the browsers that watch the run,
    None when nothing new came. ``slots_changed``: the run took or left a device slot; ``ended``: it is over.
    """

    last: int
    update: dict[str, Any] | None = None
    slots_changed: bool = False
    ended: bool = False


class BatchRefused(Exception):
    """The batch cannot be taken; the text says why. ``final``: neither can any later one of this attempt."""

    def __init__(self, reason: str, final: bool = False) -> None:
        super().__init__(reason)
        self.final = final


def last_number(sender: Sender) -> int:
    """The last stored event of this source, 0 before the first. Raises BatchRefused for an old attempt."""
    attempt = Attempt.objects.get(pk=sender.attempt_id)
    _refuse_old(attempt)
    source, _ = Source.objects.get_or_create(attempt=attempt, name=sender.source)
    return source.last


def apply_batch(sender: Sender, batch: protocol.Batch) -> Applied:
    """Apply what is new, inside the caller's transaction. Raises BatchRefused and changes nothing."""
    source = _locked_source(sender)
    _refuse_old(source.attempt)
    if batch.first > source.last + 1:
        raise BatchRefused(f"expected event {source.last + 1}, but the batch begins with event {batch.first}")
    events = batch.events[source.last + 1 - batch.first :]
    if not events:
        return Applied(source.last)
    draft = Draft(source.attempt.run, source.attempt, source.name)
    revive(draft)
    for event in events:
        apply_event(draft, event)
    source.last += len(events)
    source.save(update_fields=["last"])
    _heard(source.attempt)
    draft.save()
    warn_of_refused_keys(draft)
    return Applied(source.last, draft.live_update(), draft.slots_changed, draft.ended)


def heard(sender: Sender) -> Applied:
    """Note a sign of life that brings no events; a run that was given up too early goes on."""
    source = _locked_source(sender)
    _heard(source.attempt)
    draft = Draft(source.attempt.run, source.attempt, source.name)
    if not revive(draft):
        return Applied(source.last)
    draft.save()
    return Applied(source.last, draft.live_update(), draft.slots_changed)


def _locked_source(sender: Sender) -> Source:
    rows = Source.objects.select_for_update().select_related("attempt__run")
    source = rows.filter(attempt_id=sender.attempt_id, name=sender.source).first()
    if source is None:
        raise BatchRefused("the run of this attempt was deleted", final=True)
    return source


def _refuse_old(attempt: Attempt) -> None:
    newest = Attempt.objects.filter(run_id=attempt.run_id).aggregate(newest=Max("number"))["newest"]
    if attempt.number < newest:
        raise BatchRefused(
            f"attempt {newest} of this run has taken over from attempt {attempt.number}", final=True
        )


def _heard(attempt: Attempt) -> None:
    now = timezone.now()
    # The clock may have been set back: then the last sign of life lies in the future.
    if abs(now - attempt.heard_at) > HEARD_EVERY:
        Attempt.objects.filter(pk=attempt.pk).update(heard_at=now)
