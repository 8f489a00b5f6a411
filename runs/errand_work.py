"""What workers do with errands: claim them, say how far they are, lose them. The page's side is runs/errands.py."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from runs import catalog, dispatch
from runs.errand_states import State, move, tell
from runs.errands import UNWANTED_AFTER, cancel, unwanted
from runs.models import Errand, Worker
from runs.secrets import SEALED, unseal
from trainer_bridge import errands as kinds

#: A worker that was silent this long about its errand has lost it.
SILENT_AFTER = timedelta(seconds=10)
#: Workers that may lose an errand before it fails.
ATTEMPTS = 2


@dataclass(frozen=True)
class ErrandClaim:
    """What a worker gets to do; ``attempt`` is its word with every report."""

    errand: str
    attempt: int
    kind: str
    payload: dict[str, Any]


def claim(worker: str) -> ErrandClaim | None:
    """Give the oldest waiting errand to ``worker``; None when none waits. Two that ask get two errands.

    A claim whose answer is lost is silent, and is given out once more.
    """
    waiting = Errand.objects.filter(state=State.WAITING, recipe__in=["", *catalog.trainable_by(worker)])
    long = Errand.objects.filter(kind__in=kinds.background(), worker=worker, state=State.RUNNING)
    if long.exists():
        waiting = waiting.exclude(kind__in=kinds.background())
    while (errand := waiting.first()) is not None:
        now = timezone.now()
        number = errand.attempt + 1
        fields = {"worker": worker, "attempt": number, "started_at": now, "heard_at": now}
        if move(errand.pk, State.RUNNING, {State.WAITING}, errand.attempt, **fields):
            return ErrandClaim(errand.pk, number, errand.kind, _opened(errand.payload))
    return None


def _opened(payload: dict[str, Any]) -> dict[str, Any]:
    """What is stored sealed is told to the worker alone."""
    secrets = payload.get(SEALED, {})
    plain = {name: value for name, value in payload.items() if name != SEALED}
    return plain | {name: unseal(sealed) for name, sealed in secrets.items()}


def heard(errand_id: str, worker: str, attempt: int, progress: str | None = None) -> bool:
    """A worker still works on it; whether somebody still wants it."""
    rows = _held(errand_id, worker, attempt)
    if progress is None:
        return rows.update(heard_at=timezone.now()) == 1
    with transaction.atomic():
        wanted = rows.update(heard_at=timezone.now(), progress=progress[:200]) == 1
        if wanted:
            tell(errand_id)
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
        for pk in unwanted(now).values_list("pk", flat=True):
            cancel(pk, "nobody waits for it any more")


def _held(errand_id: str, worker: str, attempt: int) -> QuerySet[Errand]:
    """The errand, as long as this attempt of this worker has it in hand."""
    return Errand.objects.filter(pk=errand_id, worker=worker, attempt=attempt, state=State.RUNNING)


def _end(errand_id: str, worker: str, attempt: int, state: State, **fields: Any) -> bool:
    if not _held(errand_id, worker, attempt).exists():
        return False
    return move(errand_id, state, {State.RUNNING}, attempt, **fields)


def _lost(errand: Errand, reason: str) -> None:
    """What a worker lost is given to another, or fails when that happened before."""
    if errand.attempt < ATTEMPTS:
        if move(errand.pk, State.WAITING, {State.RUNNING}, errand.attempt, worker="", progress=""):
            transaction.on_commit(lambda: dispatch.send_messages(1))
        return
    move(errand.pk, State.FAILED, {State.RUNNING}, errand.attempt, reason=f"It was given up: {reason}.")
