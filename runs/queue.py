"""The queue: which run starts next, how a person changes that, and when each is expected to start."""

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from runs.errors import RunError
from runs.estimate import estimate, finished_runs
from runs.models import QueueHold, Run, Sweep
from runs.placement import asked_by
from runs.states import ACTIVE, State
from runs.workers import SlotsOverview, announce_overview

#: The highest priority first, then by place; runs made at one moment by their age.
ORDER = ("-priority", "place", "created_at", "id")
PRIORITIES = {1: "high", 0: "normal", -1: "low"}
#: Why a queued run of such a sweep does not start.
SWEEP_PAUSED = "its sweep is paused"
#: Two places closer than this cannot take another between them in all databases.
CLOSEST = 1e-5


def queued() -> QuerySet[Run]:
    """The queued runs, the next one first."""
    return Run.objects.filter(state=State.QUEUED).order_by(*ORDER)


def startable() -> QuerySet[Run]:
    """The queued runs without those of a paused sweep, which wait for a person."""
    return queued().exclude(sweep__in=Sweep.objects.filter(state=Sweep.State.PAUSED))


def hold(user: Any = None) -> None:
    """Let nothing new start until the queue is released; what trains goes on. Who held it first stays."""
    who = user.get_username() if user is not None else ""
    with transaction.atomic():
        QueueHold.objects.get_or_create(pk=QueueHold.ROW, defaults={"held_by": who})
        _tell()


def release() -> None:
    """Let runs start again as slots get free."""
    with transaction.atomic():
        QueueHold.objects.all().delete()
        _tell()
        transaction.on_commit(_send_looks)


def _send_looks() -> None:
    """Workers look at once; they would by themselves after some seconds."""
    from runs.dispatch import send_looks  # which asks this module what is next

    send_looks()


def held() -> QueueHold | None:
    """Who holds the queue and since when; None while nobody does."""
    return QueueHold.objects.first()


def place_in_queue(run: Run) -> int:
    """1 for the run that starts next."""
    same = Q(priority=run.priority)
    at_once = same & Q(place=run.place)
    earlier = Q(created_at__lt=run.created_at) | Q(created_at=run.created_at, pk__lt=run.pk)
    before = Q(priority__gt=run.priority) | (same & Q(place__lt=run.place)) | (at_once & earlier)
    return Run.objects.filter(before, state=State.QUEUED).count() + 1


def move(run: Run, before: str | None) -> None:
    """Put a queued run before another one, or at the end of its priority; it takes the other's priority.

    Raises RunError when one of them is not queued any more.
    """
    with transaction.atomic():
        rows = [
            row for row in queued().select_for_update().only("pk", "priority", "place") if row.pk != run.pk
        ]
        _refuse_unqueued(run)
        at = _index(rows, before, run.priority)
        priority = rows[at].priority if before else run.priority
        place = _between([row for row in rows if row.priority == priority], rows[at] if before else None)
        Run.objects.filter(pk=run.pk).update(place=place, priority=priority)
        _tell()


def run_next(run: Run) -> None:
    """Put a queued run before all others. Raises RunError."""
    first = queued().exclude(pk=run.pk).first()
    if first is None:
        _refuse_unqueued(run)
    else:
        move(run, first.pk)


def set_priority(run: Run, priority: int) -> None:
    """Raises RunError for a run that is not queued, ValueError for a priority that is none."""
    if priority not in PRIORITIES:
        raise ValueError(f"The priorities are {', '.join(map(str, PRIORITIES))}, not {priority}.")
    with transaction.atomic():
        _refuse_unqueued(run)
        Run.objects.filter(pk=run.pk).update(priority=priority)
        _tell()


def _index(rows: Sequence[Run], before: str | None, priority: int) -> int:
    if before is None:
        return len(rows)
    found = next((n for n, row in enumerate(rows) if row.pk == before), None)
    if found is None:
        raise RunError("The other run is not queued any more. Look again.")
    return found


def _between(rows: list[Run], after: Run | None) -> float:
    """A place before ``after`` (behind all without it) among ``rows``, which are spread anew where it is too narrow."""
    if not rows:
        return timezone.now().timestamp()
    if after is None:
        return rows[-1].place + 1
    at = rows.index(after)
    low = rows[at - 1].place if at else after.place - 2
    if after.place - low < 2 * CLOSEST:
        return _spread(rows, at)
    return (low + after.place) / 2


def _spread(rows: list[Run], at: int) -> float:
    """Give the rows whole places in their order, one left free before number ``at``; that one."""
    first = rows[0].place
    for n, row in enumerate(rows):
        Run.objects.filter(pk=row.pk).update(place=first + n + (n >= at))
    return first + at


def _refuse_unqueued(run: Run) -> None:
    state = Run.objects.values_list("state", flat=True).get(pk=run.pk)
    if state != State.QUEUED:
        raise RunError(f"{run.name} is {state}: it has no place in the queue any more.")


def _tell() -> None:
    """Open pages look at the queue again."""
    announce_overview()


# --- when each starts ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Start:
    """When a queued run is expected to start: ``at`` None is unknown; ``source`` says from what it is known."""

    at: datetime | None
    source: str = ""


def expected_starts(runs: Sequence[Run], training: Iterable[Run], slots: SlotsOverview) -> dict[str, Start]:
    """Run → its start, the queue played through on the device slots there are.

    How long a training still takes comes from its own speed, how long a queued one will take from similar runs; behind
    one of which nothing is known, nothing is known either.
    """
    now = timezone.now()
    ends = [end for run in training for end in [_end_of(run, now)] * asked_by(run.spec).slots]
    free = [now] * max(slots.total - len(ends), 0)
    known = sorted([*free, *(end for end in ends if end is not None)])
    starts: dict[str, Start] = {}
    finished = functools.cache(lambda recipe: list(finished_runs(recipe)))
    for run in runs:
        wanted = asked_by(run.spec).slots
        if wanted > len(known):
            starts[run.pk] = Start(None)
            continue
        taken, known = known[:wanted], known[wanted:]
        at = taken[-1]
        starts[run.pk] = Start(
            at, "a device slot is free" if at == now else "from what trains and similar runs"
        )
        if (found := estimate(run.spec, finished=finished)) is not None:
            end = at + timedelta(seconds=(found.low + found.high) / 2)
            known = sorted([*known, *[end] * wanted])
    return starts


def _end_of(run: Run, now: datetime) -> datetime | None:
    if run.state not in ACTIVE or not run.speed or not run.max_steps:
        return None
    return now + timedelta(seconds=max(run.max_steps - run.step, 0) / run.speed)
