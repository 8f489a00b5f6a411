"""Workers as the server sees them: who trains, with how many device slots, and what the queue waits for."""

from collections import Counter
from collections.abc import Container, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, Sum
from django.utils import timezone

from runs import catalog, live
from runs.catalog import why_nobody_can
from runs.models import QueueHold, RefusedWorker, Run, Worker
from runs.placement import HOLDS_SLOT, Place, places, why_no_room
from runs.states import State
from trainer_bridge.argument_needs import Machine
from trainer_bridge.launch_fields import Asked

#: A worker that was silent this long is gone. It beats every few seconds.
GONE_AFTER = timedelta(seconds=15)


@dataclass(frozen=True)
class SlotsOverview:
    """Device slots of all connected workers, how many train, how many runs wait; whether some warm up.

    ``draining`` slots are of workers that get nothing new. ``held``: who holds the queue; None while nobody does.
    """

    total: int
    busy: int
    queued: int
    warming: bool
    draining: int = 0
    held: str | None = None


def record_heartbeat(name: str, state: str, slots: int, busy: int, info: dict[str, Any]) -> None:
    """Note that a worker lives. Open pages hear of it when something changed."""
    fields = {"state": state, "slots": slots, "busy": busy, "info": info}
    with transaction.atomic():
        before = Worker.objects.filter(name=name).values("state", "slots", "busy").first()
        Worker.objects.update_or_create(name=name, defaults={**fields, "heard_at": timezone.now()})
        if before != {"state": state, "slots": slots, "busy": busy}:
            RefusedWorker.objects.filter(name=name).delete()  # it was let in
            announce_overview()


def waiting_for(worker: str) -> tuple[int, list[str]]:
    """How many queued runs have a recipe that ``worker`` has; the recipes of the others. Two queries."""
    has = set(catalog.trainable_by(worker))
    queued = Run.objects.filter(state=State.QUEUED, origin=Run.Origin.WORKER).order_by()
    counts = Counter(queued.values_list("spec__recipe", flat=True))
    missing = sorted(str(recipe) for recipe in counts if recipe not in has)
    return sum(count for recipe, count in counts.items() if recipe in has), missing


def slots_overview() -> SlotsOverview:
    """Three queries. Slots are busy while a run that asked for them is active, whatever its worker last said."""
    here = Worker.objects.exclude(state=Worker.State.GONE)
    workers = here.aggregate(
        total=Sum("slots", filter=Q(state=Worker.State.READY)),
        warming=Sum("slots", filter=Q(state=Worker.State.WARMING)),
        draining=Sum("slots", filter=Q(draining=True)),
    )
    waits = Q(state=State.QUEUED, origin=Run.Origin.WORKER)
    runs = list(Run.objects.filter(HOLDS_SLOT | waits).values_list("state", "spec__launch"))
    busy = sum(Asked.of(launch).slots for state, launch in runs if state != State.QUEUED)
    queued = sum(state == State.QUEUED for state, _ in runs)
    total = (workers["total"] or 0) + (workers["warming"] or 0)
    warming = bool(workers["warming"]) and not workers["total"]
    held = QueueHold.objects.values_list("held_by", flat=True).first()
    return SlotsOverview(total, busy, queued, warming, workers["draining"] or 0, held)


def machines() -> list[Machine]:
    """What the connected workers have, for the arguments that need something; one query."""
    here = Worker.objects.exclude(state=Worker.State.GONE).values_list("name", "info")
    return [Machine.of(name, info["has"]) for name, info in here if isinstance(info.get("has"), dict)]


def announce_overview() -> None:
    """Tell the open pages how many slots there are and how many are busy."""
    live.publish(overview_message())


def overview_message() -> dict[str, Any]:
    return {"type": "workers", **asdict(slots_overview())}


def queue_reason(
    overview: SlotsOverview | None = None,
    recipe: Any = None,
    asked: Asked | None = None,
    here: Sequence[Place] | None = None,
) -> str:
    """Why a queued run does not start, in words; "" when it is about to.

    ``recipe`` and what it ``asked`` for, where that is said; ``here`` are the connected workers, if they are known.
    """
    overview = overview or slots_overview()
    if overview.held is not None:
        return f"the queue is held{overview.held and f' by {overview.held}'}"
    if not overview.total:
        return "no worker is connected"
    if recipe is not None and (missing := why_nobody_can(recipe)):
        return missing
    if overview.draining >= overview.total:
        return "every worker drains: they finish what they train and take nothing new"
    if overview.warming:
        return "the worker is warming up"
    lacking = catalog.lacking([recipe])
    if lacking or (asked is not None and (asked.labels or asked.slots > 1)):
        return _why_no_room(asked or Asked(), places() if here is None else here, recipe, lacking)
    if overview.busy >= overview.total:
        return f"waits for a device slot: {overview.busy} of {overview.total} busy"
    return ""


def _why_no_room(asked: Asked, here: Sequence[Place], recipe: Any, lacking: Container[str]) -> str:
    """Why none of those that have the recipe begins with it now."""
    able = [place for place in here if place.name not in lacking]
    reason = why_no_room(asked, able)
    return (
        f"{reason}; other workers have not the recipe {recipe}"
        if reason and len(able) < len(here)
        else reason
    )


def mark_gone(server_start: datetime, now: datetime | None = None) -> int:
    """Mark the workers that were silent too long, not counting the time this server was down."""
    now = now or timezone.now()
    if now - server_start < GONE_AFTER:
        return 0
    silent = Worker.objects.exclude(state=Worker.State.GONE).filter(heard_at__lt=now - GONE_AFTER)
    gone = silent.update(state=Worker.State.GONE, busy=0)
    if gone:
        announce_overview()
    return gone


def set_draining(worker: Worker, draining: bool) -> None:
    """A draining worker finishes what it trains and gets nothing new."""
    with transaction.atomic():
        Worker.objects.filter(pk=worker.pk).update(draining=draining)
        announce_overview()


def forget(worker: Worker) -> bool:
    """Take a worker that is gone off the list; False for one that lives. It comes back when it is heard."""
    with transaction.atomic():
        gone, _ = Worker.objects.filter(pk=worker.pk, state=Worker.State.GONE).delete()
        announce_overview()
    return bool(gone)
