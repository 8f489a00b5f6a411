"""Which worker a queued run may go to: one with all of its labels, and room for all of its device slots at once."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from runs.models import Run, Worker
from runs.states import ACTIVE, State
from trainer_bridge.launch_fields import Asked

#: Of runs that a worker holds a device slot for. One that was started elsewhere takes none of ours.
HOLDS_SLOT = (Q(state__in=ACTIVE) | Q(state=State.PAUSED, is_held=True)) & Q(origin=Run.Origin.WORKER)


@dataclass(frozen=True)
class Offer:
    """What a worker that asks for a run has: device slots that one run may take now, and at most; its labels."""

    room: int = 1
    largest: int = 1
    labels: frozenset[str] = frozenset()

    def could_take(self, asked: Asked) -> bool:
        """Whether the run may ever train there."""
        return asked.labels <= self.labels and asked.slots <= self.largest


@dataclass(frozen=True)
class Place:
    """A connected worker as the queue sees it: ``free`` device slots now, ``largest`` for one run at most."""

    name: str
    free: int
    largest: int
    labels: frozenset[str]
    draining: bool

    def could_take(self, asked: Asked) -> bool:
        """Whether the run may ever train there."""
        return Offer(self.free, self.largest, self.labels).could_take(asked)


def asked_by(spec: Mapping[str, Any]) -> Asked:
    """What a run of this specification asks of its worker."""
    launch = spec.get("launch")
    return Asked.of(launch if isinstance(launch, Mapping) else {})


def first_for(offer: Offer, queue: Iterable[tuple[str, Any]]) -> str | None:
    """The run of ``queue`` (id, group "launch" of its spec) that a worker may begin with now.

    The first that could train there keeps its place: while it waits for room, no later one overtakes it, or a run of
    many slots would never find them free together.
    """
    for run_id, launch in queue:
        asked = Asked.of(launch)
        if offer.could_take(asked):
            return run_id if asked.slots <= offer.room else None
    return None


def places() -> list[Place]:
    """The connected workers that are ready or warm up; two queries."""
    taken: Counter[str] = Counter()
    for worker, launch in Run.objects.filter(HOLDS_SLOT).values_list("worker", "spec__launch"):
        taken[worker] += Asked.of(launch).slots
    here = Worker.objects.exclude(state=Worker.State.GONE).order_by("name")
    return [_place(worker, taken[worker.name]) for worker in here]


def _place(worker: Worker, taken: int) -> Place:
    return Place(
        name=worker.name,
        free=max(worker.slots - taken, 0),
        largest=worker.info.get("largest", 1),
        labels=frozenset(worker.info.get("labels", ())),
        draining=worker.draining,
    )


def why_no_room(asked: Asked, here: Sequence[Place]) -> str:
    """Why none of the connected workers begins with such a run now, in words; "" when one can."""
    labelled = [place for place in here if asked.labels <= place.labels]
    if not labelled:
        return _no_labels(asked, here)
    large = [place for place in labelled if place.could_take(asked)]
    if not large:
        most = max(labelled, key=lambda place: place.largest)
        return (
            f"needs {asked.slots} device slots of one worker; {most.name} gives a run {most.largest} at most"
        )
    taking = [place for place in large if not place.draining]
    if not taking:
        return f"drains, and takes nothing new: {', '.join(place.name for place in large)}"
    most = max(taking, key=lambda place: place.free)
    if most.free >= asked.slots:
        return ""
    if asked.slots == 1:
        return f"waits for a device slot of {' or '.join(place.name for place in taking)}"
    return f"waits for {asked.slots} device slots of {most.name}: {most.free} free"


def _no_labels(asked: Asked, here: Sequence[Place]) -> str:
    known = frozenset[str]().union(*(place.labels for place in here))
    missing = sorted(asked.labels - known) or sorted(asked.labels)
    many = "s" if len(missing) > 1 else ""
    there = (
        f"there {'are' if len(known) > 1 else 'is'} {', '.join(sorted(known))}" if known else "none has any"
    )
    together = " together" if asked.labels <= known else ""
    return f"no connected worker has the label{many} {', '.join(missing)}{together}; {there}"


def waits_behind(name: str) -> str:
    """What is said of a run that ``behind`` names an earlier one for."""
    return f"waits behind {name}, which needs more device slots together than are free"


def behind(queue: Iterable[tuple[str, str, Asked]], here: Sequence[Place]) -> dict[str, str]:
    """Run → the name of the earlier run that it waits behind, though a worker would have room for it; played through.

    ``queue``: (id, name, what it asks for) in the order of the queue.
    """
    free = {place.name: place.free for place in here if not place.draining}
    kept: dict[str, str] = {}
    found: dict[str, str] = {}
    for run_id, name, asked in queue:
        able = [place.name for place in here if place.name in free and place.could_take(asked)]
        open_to_it = [place for place in able if place not in kept and free[place] >= asked.slots]
        if open_to_it:
            free[open_to_it[0]] -= asked.slots
            continue
        first = next((kept[place] for place in able if place in kept and free[place] >= asked.slots), None)
        if first is not None:
            found[run_id] = first
        for place in able:
            kept.setdefault(place, name)
    return found
