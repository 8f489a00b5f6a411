"""What a person asks of a run: checked, stored, pushed to its training process, and answered by it."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from runs import live
from runs.models import Command, Run
from runs.states import ACTIVE, ENDED, State, transition

Status = Command.Status

#: In which states each command means something.
POSSIBLE: dict[str, frozenset[State]] = {
    "stop": frozenset({State.QUEUED, State.STARTING, State.RUNNING, State.PAUSING, State.PAUSED}),
    "kill": ACTIVE,
    "save": frozenset({State.STARTING, State.RUNNING}),
    "evaluate": frozenset({State.STARTING, State.RUNNING}),
}


class CommandError(ValueError):
    """A command that cannot be given; the text says why."""


def send_command(run: Run, kind: str, args: dict[str, Any] | None = None, user: Any = None) -> Command:
    """Store a command for a run and push it to its training. Raises CommandError and changes nothing.

    A queued run has no process yet, so a stop takes it out of the queue at once.
    """
    _check(kind, args or {})
    who = user.get_username() if user is not None else ""
    with transaction.atomic():
        state = State(Run.objects.select_for_update().values_list("state", flat=True).get(pk=run.pk))
        if state not in POSSIBLE[kind]:
            raise CommandError(_impossible(state, kind))
        command = Command.objects.create(run=run, kind=kind, args=args or {}, created_by=who)
        if state in (State.QUEUED, State.PAUSED):
            _cancel(run, command, who)
        else:
            _push(run, command, who)
    return command


def open_commands(run_id: str) -> list[Command]:
    """Commands that no bridge has confirmed yet, oldest first."""
    return list(Command.objects.filter(run_id=run_id, status=Status.SENT))


def acknowledge(run_id: str, number: int, status: str, step: int | None, reason: str) -> bool:
    """A bridge says how far a command came; False when the run has no such command open."""
    closed = [Status.APPLIED, Status.REFUSED]
    rows = Command.objects.filter(pk=number, run_id=run_id).exclude(status__in=closed)
    if status == Status.RECEIVED:
        return rows.update(status=Status.RECEIVED) == 1
    return rows.update(status=status, step=step, reason=reason, applied_at=timezone.now()) == 1


def nobody_stops(run_id: str, since: datetime) -> bool:
    """Whether every stop and kill that was given ``since`` then was refused."""
    rows = Command.objects.filter(run_id=run_id, kind__in=("stop", "kill"), created_at__gte=since)
    return not rows.exclude(status=Status.REFUSED).exists()


def drop_open_commands(run_id: str, reason: str) -> None:
    """Close what nobody will answer any more."""
    rows = Command.objects.filter(run_id=run_id, status__in=[Status.SENT, Status.RECEIVED])
    rows.update(status=Status.REFUSED, reason=reason)


def _check(kind: str, args: dict[str, Any]) -> None:
    if kind not in POSSIBLE:
        raise CommandError(f"There is no command “{kind}”. The commands are {', '.join(POSSIBLE)}.")
    if args:
        raise CommandError(f"“{kind}” takes no arguments, but got {', '.join(sorted(map(str, args)))}.")


def _impossible(state: State, kind: str) -> str:
    if state == State.STOPPING and kind == "stop":
        return "The run is stopping already. “kill” ends it at once, without a last checkpoint."
    if state in ENDED or state == State.STOPPING:
        return f"The run is {state.value}: nothing to {kind}."
    return f"The run is {state.value}: nothing to {kind} yet."


def _cancel(run: Run, command: Command, who: str) -> None:
    transition(run.pk, State.STOPPED, reason=f"cancelled{_by(who)} before it started")
    command.status, command.applied_at = Status.APPLIED, timezone.now()
    command.save(update_fields=["status", "applied_at"])


def _push(run: Run, command: Command, who: str) -> None:
    if command.kind in ("stop", "kill"):
        transition(run.pk, State.STOPPING, reason=f"{command.kind} asked{_by(who)}")
    live.command_soon(command)


def _by(who: str) -> str:
    return f" by {who}" if who else ""
