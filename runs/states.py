"""The run's state machine: every state and every transition in one place, each a compare-and-set."""

from typing import Any

from django.db import models, transaction
from django.db.models import F
from django.utils import timezone


class State(models.TextChoices):
    QUEUED = "queued"
    STARTING = "starting"
    RUNNING = "running"
    PAUSING = "pausing"
    PAUSED = "paused"
    STOPPING = "stopping"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"
    CRASHED = "crashed"


#: A process belongs to the run, or should.
ACTIVE = frozenset({State.STARTING, State.RUNNING, State.PAUSING, State.STOPPING})
#: Nothing more will come unless somebody resumes the run.
ENDED = frozenset({State.FINISHED, State.STOPPED, State.FAILED, State.CRASHED})

TRANSITIONS: dict[State, frozenset[State]] = {
    # A run that was given up and queued again may be heard of before anybody takes it.
    State.QUEUED: frozenset({State.STARTING, State.RUNNING, State.STOPPED, State.FINISHED, State.FAILED}),
    State.STARTING: frozenset({State.RUNNING, State.STOPPING}) | ENDED,
    State.RUNNING: frozenset({State.PAUSING, State.STOPPING}) | ENDED,
    State.PAUSING: frozenset({State.PAUSED, State.RUNNING, State.STOPPING}) | ENDED,
    # A held run has a process still, which may end in any way.
    State.PAUSED: frozenset({State.QUEUED, State.RUNNING, State.STOPPING}) | ENDED,
    # A training that refuses to stop goes on.
    State.STOPPING: frozenset({State.STARTING, State.RUNNING}) | ENDED,
    # A finished run has reached its end; the others may go on from their last checkpoint.
    State.FINISHED: frozenset(),
    State.STOPPED: frozenset({State.QUEUED}),
    State.FAILED: frozenset({State.QUEUED}),
    # A run that was given up too early goes on when it is heard again.
    State.CRASHED: frozenset({State.QUEUED, State.STARTING, State.RUNNING, State.PAUSED, State.STOPPING})
    | frozenset({State.FINISHED, State.STOPPED, State.FAILED}),
}


def sources_of(target: State) -> list[State]:
    """The states from which ``target`` can be reached."""
    return [state for state, targets in TRANSITIONS.items() if target in targets]


def transition(run_id: str, target: State, *, only_from: State | None = None, **fields: Any) -> bool:
    """Move a run to ``target`` if it may go there now, setting ``fields`` with it, and tell the open pages.

    Says whether it moved: of two that try at once only one wins. ``only_from`` narrows the start. The reason
    of the former state goes away with it, and a run that goes on again has no end.
    """
    from runs import live

    with transaction.atomic():
        moved = move(run_id, target, only_from=only_from, **fields)
        if moved:
            live.state_changed(run_id)
    return moved


def move(run_id: str, target: State, *, only_from: State | None = None, **fields: Any) -> bool:
    """``transition`` for a caller that tells the pages itself: one UPDATE … WHERE state IN (…)."""
    from runs.models import Run

    allowed = sources_of(target)
    if only_from is not None:
        allowed = [state for state in allowed if state == only_from]
    fields.setdefault("ended_at", timezone.now() if target in ENDED else None)
    fields.setdefault("reason", "")
    if target not in (State.PAUSING, State.PAUSED):
        # Only a paused run is held or waits for its hour.
        fields = {"is_held": False, "resume_at": None, "resume_when_idle": False} | fields
    rows = Run.objects.filter(pk=run_id, state__in=allowed)
    return rows.update(state=target, version=F("version") + 1, **fields) == 1
