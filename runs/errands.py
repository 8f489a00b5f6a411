"""Errands: what a page asks of a worker, short and beside the trainings. See docs/errands.md.

Every change of state is a compare-and-set, as with runs. A worker claims the oldest errand, says every second how far
it is, and reports its result; the number of its attempt keeps one that was given up from speaking again.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from runs import catalog, dispatch, live
from runs.errors import ErrandError
from runs.models import Errand, Worker
from runs.models.errand import OPEN
from runs.workers import slots_overview
from trainer_bridge import errands as kinds

State = Errand.State

#: Bytes of JSON: what an errand may be given, and what it may give back.
MAX_PAYLOAD = 256 * 1024
MAX_RESULT = kinds.MAX_RESULT
#: Errands of one person that may be open at once.
MOST_OPEN = 20
#: A worker that was silent this long about its errand has lost it.
SILENT_AFTER = timedelta(seconds=10)
#: Workers that may lose an errand before it fails.
ATTEMPTS = 2
#: An errand that nobody asked about for so long is cancelled. Pages ask every few seconds, a hidden tab once a minute.
UNWANTED_AFTER = timedelta(seconds=100)
#: Ended errands are kept for so long.
KEPT = timedelta(hours=2)


@dataclass(frozen=True)
class ErrandClaim:
    """What a worker gets to do; ``attempt`` is its word with every report."""

    errand: str
    attempt: int
    kind: str
    payload: dict[str, Any]


def ask(kind: str, payload: dict[str, Any], user: Any = None, *, recipe: str = "") -> Errand:
    """Ask the workers for something of ``kind``; returns at once. Raises ErrandError with a sentence.

    Where it needs a ``recipe``, only workers that have it are given it.
    """
    if kind not in kinds.names():
        raise ErrandError(f"There is no errand “{kind}”. There are: {', '.join(kinds.names())}.")
    if (size := len(json.dumps(payload))) > MAX_PAYLOAD:
        raise ErrandError(f"This is too large to hand to a worker: {size} bytes; the most is {MAX_PAYLOAD}.")
    owner = user if user is not None and user.is_authenticated else None
    if Errand.objects.filter(user=owner, state__in=OPEN).count() >= MOST_OPEN:
        raise ErrandError(f"{MOST_OPEN} errands are open already. Wait for one of them, or cancel it.")
    with transaction.atomic():
        errand = Errand.objects.create(kind=kind, payload=payload, user=owner, recipe=recipe)
        transaction.on_commit(lambda: dispatch.send_messages(1))
    return errand


def look_at(errand_id: str, user: Any) -> Errand | None:
    """The errand, if it is this person's; asking keeps it wanted."""
    mine = Errand.objects.filter(pk=errand_id, user=user)
    mine.filter(state__in=OPEN).update(wanted_at=timezone.now())
    return mine.first()


def cancel(errand_id: str, reason: str = "cancelled") -> bool:
    """End an open errand; its process is ended with the next word of its worker."""
    return _move(errand_id, State.CANCELLED, OPEN, reason=reason)


def claim(worker: str) -> ErrandClaim | None:
    """Give the oldest waiting errand to ``worker``; None when none waits. Two that ask get two errands.

    A claim whose answer is lost is silent, and is given out once more.
    """
    waiting = Errand.objects.filter(state=State.WAITING, recipe__in=["", *catalog.trainable_by(worker)])
    while (errand := waiting.first()) is not None:
        now = timezone.now()
        number = errand.attempt + 1
        fields = {"worker": worker, "attempt": number, "started_at": now, "heard_at": now}
        if _move(errand.pk, State.RUNNING, {State.WAITING}, errand.attempt, **fields):
            return ErrandClaim(errand.pk, number, errand.kind, errand.payload)
    return None


def heard(errand_id: str, worker: str, attempt: int, progress: str | None = None) -> bool:
    """A worker still works on it; whether somebody still wants it."""
    rows = _held(errand_id, worker, attempt)
    if progress is None:
        return rows.update(heard_at=timezone.now()) == 1
    with transaction.atomic():
        wanted = rows.update(heard_at=timezone.now(), progress=progress[:200]) == 1
        if wanted:
            _tell(errand_id)
    return wanted


def finish(errand_id: str, worker: str, attempt: int, result: Any) -> bool:
    """The result; False when nobody wants it any more."""
    return _end(errand_id, worker, attempt, State.DONE, result=result)


def fail(errand_id: str, worker: str, attempt: int, reason: str, details: str = "") -> bool:
    """It could not be done, and why, in a sentence; ``details`` is what the process said last."""
    return _end(errand_id, worker, attempt, State.FAILED, reason=reason, details=details)


def give_back(worker: str) -> None:
    """The worker says good-bye: what it had in hand waits for another."""
    for errand in Errand.objects.filter(worker=worker, state=State.RUNNING):
        _lost(errand, f"the worker {worker} was shut down")


def why_it_waits(errand: Errand) -> str:
    """Why a waiting errand does not begin, in words; "" when it is about to, or does not wait."""
    if errand.state != State.WAITING:
        return ""
    overview = slots_overview()
    if not overview.total:
        return "no worker is connected"
    if overview.warming:
        return "the worker is warming up"
    if errand.recipe and (nobody := catalog.why_nobody_can(errand.recipe)):
        return nobody
    ahead = Errand.objects.filter(state__in=OPEN, created_at__lt=errand.created_at).count()
    return f"{ahead} ahead" if ahead >= kinds.AT_ONCE else ""


def waiting() -> int:
    return Errand.objects.filter(state=State.WAITING).count()


def reconcile(server_start: datetime, now: datetime) -> None:
    """Give lost errands to another worker, cancel what nobody wants, and remind the workers of what waits."""
    if now - server_start < SILENT_AFTER:
        return
    gone = Worker.objects.filter(state=Worker.State.GONE).values("name")
    running = Errand.objects.filter(state=State.RUNNING)
    for errand in running.filter(Q(heard_at__lt=now - SILENT_AFTER) | Q(worker__in=gone)):
        _lost(errand, f"the worker {errand.worker} was not heard any more")
    if now - server_start > UNWANTED_AFTER:
        for pk in _unwanted(now).values_list("pk", flat=True):
            cancel(pk, "nobody waits for it any more")


def delete_old(now: datetime | None = None) -> int:
    """Delete errands that ended long ago; how many."""
    ended = Errand.objects.exclude(state__in=OPEN).filter(ended_at__lt=(now or timezone.now()) - KEPT)
    return ended.delete()[0]


def _unwanted(now: datetime) -> QuerySet[Errand]:
    return Errand.objects.filter(state__in=OPEN, wanted_at__lt=now - UNWANTED_AFTER)


def _held(errand_id: str, worker: str, attempt: int) -> QuerySet[Errand]:
    """The errand, as long as this attempt of this worker has it in hand."""
    return Errand.objects.filter(pk=errand_id, worker=worker, attempt=attempt, state=State.RUNNING)


def _end(errand_id: str, worker: str, attempt: int, state: State, **fields: Any) -> bool:
    if not _held(errand_id, worker, attempt).exists():
        return False
    return _move(errand_id, state, {State.RUNNING}, attempt, **fields)


def _lost(errand: Errand, reason: str) -> None:
    """What a worker lost is given to another, or fails when that happened before."""
    if errand.attempt < ATTEMPTS:
        if _move(errand.pk, State.WAITING, {State.RUNNING}, errand.attempt, worker="", progress=""):
            transaction.on_commit(lambda: dispatch.send_messages(1))
        return
    _move(errand.pk, State.FAILED, {State.RUNNING}, errand.attempt, reason=f"It was given up: {reason}.")


def _move(
    errand_id: str, target: State, sources: Iterable[str], held: int | None = None, **fields: Any
) -> bool:
    """One UPDATE … WHERE state IN (…), and the pages of its owner hear of it; whether it moved.

    ``held`` narrows it to the errand as this attempt knew it.
    """
    rows = Errand.objects.filter(pk=errand_id, state__in=sources)
    if held is not None:
        rows = rows.filter(attempt=held)
    if target not in OPEN:
        fields["ended_at"] = timezone.now()
    with transaction.atomic():
        moved = rows.update(state=target, **fields) == 1
        if moved:
            _tell(errand_id)
    return moved


def _tell(errand_id: str) -> None:
    found = Errand.objects.filter(pk=errand_id).only("state", "progress", "user_id").first()
    if found is not None and found.user_id is not None:
        live.errand_changed(found.user_id, errand_id, found.state, found.progress)
