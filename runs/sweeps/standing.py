"""How far a sweep is: a few numbers, without reading what was measured."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import DurationField, ExpressionWrapper, F, Sum
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from runs.checkpoints.rank import checkpoints_of
from runs.models import Attempt, Sweep
from runs.models.checkpoint import ELSEWHERE
from runs.states import ACTIVE, ENDED, State
from runs.sweeps.results import results

_FAILED = frozenset({State.FAILED, State.CRASHED})
_BUDGETS = {"wall_seconds": "time", "device_seconds": "device time", "target": "target"}


@dataclass(frozen=True)
class Standing:
    """``trials``: points made so far, whatever became of them; ``open``, ``queued``: runs. ``failures``: the trials
    that failed, by number, with why; ``ended_well``: runs that ended otherwise."""

    trials: int
    open: int
    queued: int
    failures: list[tuple[int, str]]
    ended_well: int


def standing_of(sweep: Sweep) -> Standing:
    """One query."""
    rows = list(sweep.runs.order_by("trial", "mark").values_list("trial", "state", "reason"))
    failures = {trial or 0: reason for trial, state, reason in rows if state in _FAILED}
    ended = [state for _, state, _ in rows if state in ENDED]
    return Standing(
        trials=sweep.next_trial,
        open=len(rows) - len(ended),
        queued=sum(state == State.QUEUED for _, state, _ in rows),
        failures=list(failures.items()),
        ended_well=sum(state not in _FAILED for state in ended),
    )


def wall_seconds(sweep: Sweep, now: datetime | None = None) -> float:
    """Seconds since the launch, without those in which the sweep was paused."""
    end = sweep.ended_at or sweep.paused_at or now or timezone.now()
    return (end - sweep.created_at).total_seconds() - sweep.paused_seconds


def device_seconds(sweep: Sweep) -> float:
    """Seconds that the trials held a device slot, each attempt from its claim to its end."""
    attempts = Attempt.objects.filter(run__sweep=sweep)
    ended = Coalesce("ended_at", "heard_at")
    open_too = attempts.filter(run__state__in=ACTIVE, ended_at=None)
    spent = attempts.exclude(pk__in=open_too.values("pk")).aggregate(s=Sum(_span(ended)))["s"] or timedelta()
    running = open_too.aggregate(s=Sum(_span(Now())))["s"] or timedelta()
    return (spent + running).total_seconds()


def _span(end: Coalesce | Now) -> ExpressionWrapper:
    return ExpressionWrapper(end - F("started_at"), output_field=DurationField())


def checkpoint_bytes(sweep: Sweep) -> int:
    """What the checkpoints of its trials take of this machine's disk."""
    here = checkpoints_of(sweep).filter(deleted_at=None).exclude(problem=ELSEWHERE)
    return here.aggregate(total=Sum("size"))["total"] or 0


def budget_reached(sweep: Sweep) -> str:
    """Which budget is used up, in a sentence; "" while none is."""
    budget = sweep.budget
    if (most := budget.get("wall_seconds")) and wall_seconds(sweep) >= most:
        return f"The time of the sweep is over: {_hours(most)}."
    if (most := budget.get("device_seconds")) and device_seconds(sweep) >= most:
        return f"The device time of the sweep is used up: {_hours(most)}."
    if (target := budget.get("target")) is not None:
        best = results(sweep).best
        value = best.value if best else None
        if value is not None and (value >= target if sweep.greater_is_better else value <= target):
            return f"The target {target:g} was reached: {sweep.objective} {value:.6g}."
    return ""


def budget_change(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """What became of each budget that is another now, in a sentence."""
    told = [
        f"{name} {_words(key, before.get(key))} → {_words(key, after.get(key))}"
        for key, name in _BUDGETS.items()
        if before.get(key) != after.get(key)
    ]
    return f"Budget: {', '.join(told)}." if told else "The budget stays as it is."


def _words(key: str, value: float | None) -> str:
    if value is None:
        return "none"
    return f"{value:g}" if key == "target" else _hours(value)


def _hours(seconds: float) -> str:
    return f"{seconds / 3600:.3g} h" if seconds >= 3600 else f"{seconds / 60:.3g} min"


@dataclass(frozen=True)
class Progress:
    """``wanted`` trials, None where nobody can know; ``seconds_left`` likewise, by what trials took so far."""

    done: int
    wanted: int | None
    seconds_left: float | None
    finish_at: datetime | None


def progress_of(sweep: Sweep, now: datetime | None = None) -> Progress:
    """How far it is and when it is expected to end: from the mean time of the trials that ended, in one query."""
    now = now or timezone.now()
    rows = list(sweep.runs.values_list("trial", "state", "started_at", "ended_at"))
    open_trials = {trial for trial, state, _, _ in rows if state not in ENDED}
    made = {trial for trial, _, _, _ in rows}
    done = len(made - open_trials)
    wanted = wanted_trials(sweep, len(made))
    took = [
        (end - start).total_seconds() for _, state, start, end in rows if start and end and state in ENDED
    ]
    if not took or wanted is None or sweep.state not in (Sweep.State.RUNNING, Sweep.State.STOPPING):
        return Progress(done, wanted, None, None)
    seeds = len(sweep.seeds) or 1
    training = [start for _, state, start, _ in rows if start and state in ACTIVE]
    mean = sum(took) / len(took)
    gone = sum(min((now - start).total_seconds(), mean) for start in training)
    left = max(0.0, ((wanted - done) * seeds * mean - gone)) / max(1, len(training) or sweep.parallel or 1)
    return Progress(done, wanted, left, now + timedelta(seconds=left))


def wanted_trials(sweep: Sweep, made: int) -> int | None:
    """How many trials it will have come to, as far as that is known."""
    if sweep.state in (Sweep.State.STOPPING, Sweep.State.STOPPED, Sweep.State.FINISHED):
        return made
    if sweep.sampler == "grid":
        return made + len(sweep.points)
    return max(sweep.trials_wanted or 0, made + len(sweep.points))
