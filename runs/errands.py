"""Errands: what a page asks of a worker, short and beside the trainings. See docs/errands.md.

Here is the side of the person who asks; that of the workers is runs/errand_work.py.
"""

import json
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from runs import catalog, dispatch
from runs.errand_states import State, move
from runs.errors import ErrandError
from runs.models import Errand
from runs.models.errand import OPEN
from runs.workers import slots_overview
from trainer_bridge import errands as kinds

#: Bytes of JSON: what an errand may be given, and what it may give back.
MAX_PAYLOAD = 256 * 1024
MAX_RESULT = kinds.MAX_RESULT
#: Errands of one person that may be open at once.
MOST_OPEN = 20
#: An errand that nobody asked about for so long is cancelled. Pages ask every few seconds, a hidden tab once a minute.
UNWANTED_AFTER = timedelta(seconds=100)
#: Ended errands are kept for so long.
KEPT = timedelta(hours=2)


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
    errand = Errand.objects.filter(pk=errand_id, user=user).first()
    if errand is not None and errand.is_open:
        Errand.objects.filter(pk=errand.pk).update(wanted_at=timezone.now())
    return errand


def cancel(errand_id: str, reason: str = "cancelled") -> bool:
    """End an open errand; its process is ended with the next word of its worker."""
    return move(errand_id, State.CANCELLED, OPEN, reason=reason)


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


def delete_old(now: datetime | None = None) -> int:
    """Delete errands that ended long ago; how many."""
    ended = Errand.objects.exclude(state__in=OPEN).filter(ended_at__lt=(now or timezone.now()) - KEPT)
    return ended.delete()[0]


def unwanted(now: datetime) -> QuerySet[Errand]:
    """Open errands that nobody asked about for too long."""
    rows = Errand.objects.filter(state__in=OPEN, wanted_at__lt=now - UNWANTED_AFTER)
    return rows.exclude(kind__in=kinds.background())
