"""What the page “Queue and workers” shows, in a fixed number of queries."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Max
from django.utils import timezone

from runs import catalog
from runs.models import Checkpoint, QueueHold, RefusedWorker, Run, Series, Sweep, Worker
from runs.placement import Place, asked_by, behind, places, waits_behind
from runs.queries import progress_of
from runs.queue import PRIORITIES, SWEEP_PAUSED, Start, expected_starts, queued
from runs.queue import held as queue_hold
from runs.refusals import refused_workers
from runs.slot_use import SlotUse, slot_use
from runs.states import ACTIVE, ENDED, State
from runs.workers import SlotsOverview, queue_reason, slots_overview
from trainer_bridge.launch_fields import Asked

#: Queued runs that are shown with a row each; of the others the number is told.
MOST_ROWS = 200
ENDED_WITHIN = timedelta(hours=1)
MOST_ENDED = 30


@dataclass(frozen=True)
class Training:
    run: Run
    percent: float | None
    left: float | None


@dataclass(frozen=True)
class Waiting:
    """A queued run; ``reason`` says why it waits, ``next`` the run behind it, before which it can be moved down."""

    run: Run
    number: int
    reason: str
    start: Start
    previous: str | None
    after_next: str | None
    is_last: bool
    asked: Asked

    @property
    def priority(self) -> str:
        return PRIORITIES.get(self.run.priority, "")

    @property
    def asks(self) -> str:
        """What it needs beyond one device slot anywhere: "4 device slots, a100"."""
        several = [f"{self.asked.slots} device slots"] if self.asked.slots > 1 else []
        return ", ".join([*several, *sorted(self.asked.labels)])


@dataclass(frozen=True)
class Ended:
    """A run that is over: its best value of the objective; of one that did not reach its end ``safe``, the step of
    the checkpoint that it may go on from."""

    run: Run
    best: float | None
    safe: int | None


@dataclass(frozen=True)
class SlotRow:
    """A device slot: the run that holds it, None while it is free, what the device is called ("" for a CPU), and the
    last samples of the run: (label, value, unit)."""

    run: Run | None
    device: str
    use: list[tuple[str, float, str]]


@dataclass(frozen=True)
class WorkerCard:
    """A worker with its device slots. ``silent_for``: seconds, of one that is gone."""

    worker: Worker
    slots: list[SlotRow]
    silent_for: float | None
    #: Recipes that queued runs need and it has not.
    missing: list[str]

    @property
    def labels(self) -> list[str]:
        return self.worker.info.get("labels") or []

    @property
    def is_gone(self) -> bool:
        return self.worker.state == Worker.State.GONE


@dataclass(frozen=True)
class QueuePage:
    hold: QueueHold | None
    slots: SlotsOverview
    training: list[Training]
    waiting: list[Waiting]
    more: int
    ended: list[Ended]
    workers: list[WorkerCard]
    refused: list[RefusedWorker]
    use: SlotUse | None

    @property
    def use_line(self) -> str:
        """The curve of the slots used in a picture of 120 × 20, as high as all slots together."""
        spans = self.use.spans if self.use else ()
        most = max(self.slots.total, 1, *spans)
        step = 116 / max(1, len(spans) - 1)
        return " ".join(f"{2 + n * step:.1f},{18 - 16 * busy / most:.1f}" for n, busy in enumerate(spans))


def queue_page() -> QueuePage:
    now = timezone.now()
    slots = slots_overview()
    held = _runs(state=State.PAUSED, is_held=True)
    training = [*_runs(state__in=ACTIVE).order_by("started_at", "id"), *held]
    rows = list(_light(queued())[: MOST_ROWS + 1])
    more = queued().count() - MOST_ROWS if len(rows) > MOST_ROWS else 0
    here = places()
    missing = catalog.lacking({run.spec.get("recipe") for run in rows})
    fitting = [run for run in rows[:MOST_ROWS] if _fits(run, here, missing)]
    starts = expected_starts(fitting, training, slots)
    if slots.held is not None:
        starts = dict.fromkeys(starts, Start(None))
    ended = _runs(state__in=ENDED, ended_at__gte=now - ENDED_WITHIN).order_by("-ended_at")[:MOST_ENDED]
    used = _used(training)
    return QueuePage(
        hold=queue_hold() if slots.held is not None else None,
        slots=slots,
        training=[Training(run, _percent(run), _left(run)) for run in training],
        waiting=_waiting(rows[:MOST_ROWS], starts, slots, here),
        more=max(more, 0),
        ended=_ended(list(ended)),
        workers=[
            _card(worker, training, now, missing.get(worker.name, []), used)
            for worker in Worker.objects.order_by("name")
        ],
        refused=list(refused_workers()),
        use=slot_use(),
    )


def _runs(**chosen: Any) -> Any:
    return _light(Run.objects.filter(origin=Run.Origin.WORKER, **chosen))


def _light(rows: Any) -> Any:
    return rows.select_related("project", "sweep").defer("environment", "traceback")


def _fits(run: Run, here: list[Place], missing: dict[str, list[str]]) -> bool:
    """Whether it could ever train on a worker that is connected; of another nobody knows when it starts."""
    asked, recipe = asked_by(run.spec), run.spec.get("recipe")
    return any(place.could_take(asked) and recipe not in missing.get(place.name, ()) for place in here)


def _waiting(
    runs: list[Run], starts: dict[str, Start], slots: SlotsOverview, here: list[Place]
) -> list[Waiting]:
    asked = {run.pk: asked_by(run.spec) for run in runs}
    held_up = behind(((run.pk, run.name, asked[run.pk]) for run in runs), here)
    ids: list[str | None] = [run.pk for run in runs]
    return [
        Waiting(
            run=run,
            number=n + 1,
            reason=_reason(run, queue_reason(slots, run.spec.get("recipe"), asked[run.pk], here), held_up),
            start=starts.get(run.pk, Start(None)),
            previous=ids[n - 1] if n else None,
            after_next=ids[n + 2] if n + 2 < len(ids) else None,
            is_last=n + 1 == len(ids),
            asked=asked[run.pk],
        )
        for n, run in enumerate(runs)
    ]


def _reason(run: Run, reason: str, held_up: dict[str, str]) -> str:
    if run.sweep and run.sweep.state == Sweep.State.PAUSED:
        return SWEEP_PAUSED
    if reason or run.pk not in held_up:
        return reason or "starts in a moment"
    return waits_behind(held_up[run.pk])


def _percent(run: Run) -> float | None:
    progress = progress_of(run)
    return None if progress is None else 100 * progress


def _left(run: Run) -> float | None:
    """Seconds to the planned end at the present speed."""
    if not run.speed or not run.max_steps or run.state == State.PAUSED:
        return None
    return max(run.max_steps - run.step, 0) / run.speed


def _ended(runs: list[Run]) -> list[Ended]:
    """Two queries, however many."""
    ids = [run.pk for run in runs]
    rows = Series.objects.filter(run__in=ids, key=F("run__objective"), count__gt=0)
    ends = {run: (low, high) for run, low, high in rows.values_list("run", "min", "max")}
    cut = [run.pk for run in runs if run.state in (State.CRASHED, State.STOPPED) and not run.is_pruned]
    whole = Checkpoint.objects.filter(run__in=cut, deleted_at=None, problem="")
    safe = dict(whole.order_by().values_list("run").annotate(Max("step"))) if cut else {}
    best = {run.pk: ends[run.pk][run.greater_is_better] for run in runs if run.pk in ends}
    return [Ended(run, best.get(run.pk), safe.get(run.pk)) for run in runs]


#: What is shown of a slot: the first of these pairs that its run samples.
_USES = (
    (("system/gpu0/utilisation", "", "%"), ("system/gpu0/memory", "", "GiB")),
    (("system/cpu", "CPU", "%"), ("system/memory", "", "GiB")),
)


def _used(training: list[Run]) -> dict[str, list[tuple[str, float, str]]]:
    """What each run was last seen to use: one query."""
    keys = [key for pair in _USES for key, _, _ in pair]
    rows = Series.objects.filter(run__in=training, key__in=keys, count__gt=0)
    last: dict[str, dict[str, float]] = {}
    for run, key, value in rows.values_list("run", "key", "last"):
        last.setdefault(run, {})[key] = float(value)
    return {run: _use(found) for run, found in last.items()}


def _use(last: dict[str, float]) -> list[tuple[str, float, str]]:
    pair = next((pair for pair in _USES if pair[0][0] in last), ())
    return [(label, last[key], unit) for key, label, unit in pair if key in last]


def _card(
    worker: Worker,
    training: list[Run],
    now: datetime,
    missing: list[str],
    used: dict[str, list[tuple[str, float, str]]],
) -> WorkerCard:
    mine = [run for run in training if run.worker == worker.name]
    gone = worker.state == Worker.State.GONE
    silent_for = (now - worker.heard_at).total_seconds() if gone else None
    return WorkerCard(worker, _slot_rows(worker, mine, gone, used), silent_for, missing)


def _slot_rows(
    worker: Worker, mine: list[Run], gone: bool, used: dict[str, list[tuple[str, float, str]]]
) -> list[SlotRow]:
    """A row a device slot, a run on each that it takes; of a worker that is gone only what it trained."""
    holders: list[Run | None] = [run for run in mine for _ in range(asked_by(run.spec).slots)]
    if not gone:
        holders += [None] * max(worker.slots - len(holders), 0)
    devices = worker.info.get("devices") or []
    named = [devices[n % len(devices)] if devices else "" for n in range(len(holders))]
    return [SlotRow(run, named[n], used.get(run.pk, []) if run else []) for n, run in enumerate(holders)]
