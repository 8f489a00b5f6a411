"""What a person asks of a run: checked, stored, pushed to its training process, and answered by it."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from runs import live
from runs.clean import plain
from runs.command_kinds import KINDS, local_moment
from runs.models import Command, Run
from runs.states import ENDED, State, transition
from trainer_bridge import protocol

Status = Command.Status


class CommandError(ValueError):
    """A command that cannot be given; the text says why."""


def send_command(run: Run, kind: str, args: dict[str, Any] | None = None, user: Any = None) -> Command:
    """Store a command for a run and push it to its training. Raises CommandError and changes nothing.

    A run without a process (queued, paused in no slot) cannot answer, so a stop ends it at once.
    """
    args = args or {}
    if kind not in KINDS:
        raise CommandError(f"There is no command “{kind}”. The commands are {', '.join(KINDS)}.")
    who = user.get_username() if user is not None else ""
    with transaction.atomic():
        state, is_held = Run.objects.select_for_update().values_list("state", "is_held").get(pk=run.pk)
        if state not in KINDS[kind].states or (
            kind in ("go_on", "kill") and state == State.PAUSED and not is_held
        ):
            raise CommandError(_impossible(State(state), kind))
        if problem := KINDS[kind].problem(run, args):
            raise CommandError(f"{kind}: {problem}")
        command = Command.objects.create(run=run, kind=kind, args=args, created_by=who)
        if state == State.QUEUED or (state == State.PAUSED and not is_held):
            _cancel(run, command, who, State(state))
        else:
            _push(run, command, who)
    return command


def record_resume(run: Run, step: int, differences: dict[str, list[Any]], user: Any) -> None:
    """Note that somebody had the run go on from ``step``; ``differences``: {setting: [before, after]}."""
    who = user.get_username() if user is not None else ""
    Command.objects.create(
        run=run,
        kind="resume",
        status=Status.APPLIED,
        step=step,
        result={"settings": plain(differences)},
        created_by=who,
        applied_at=timezone.now(),
    )


def open_commands(run_id: str) -> list[Command]:
    """Commands that no bridge has confirmed yet, oldest first."""
    return list(Command.objects.filter(run_id=run_id, status=Status.SENT))


def acknowledge(run_id: str, ack: protocol.CommandAck, reason: str) -> Command | None:
    """A bridge says how far a command came; the command, None when the run has no such command open."""
    rows = Command.objects.filter(pk=ack.id, run_id=run_id).exclude(
        status__in=[Status.APPLIED, Status.REFUSED]
    )
    changes: dict[str, Any] = {"status": ack.status}
    if ack.status != Status.RECEIVED:
        changes |= {
            "step": ack.step,
            "reason": reason,
            "result": plain(ack.result),
            "applied_at": timezone.now(),
        }
    return Command.objects.get(pk=ack.id) if rows.update(**changes) == 1 else None


def keep_new_end(command: Command) -> None:
    """The run's specification says what the next attempt trains to."""
    run = command.run
    args = dict(run.spec.get("args", {}))
    if "max_steps" in command.args:
        args["max_steps"] = command.result["after"]
    else:
        args["num_train_epochs"] = command.args["num_train_epochs"]
        args.pop("max_steps", None)
    Run.objects.filter(pk=run.pk).update(spec={**run.spec, "args": args})


def learning_rate_changes(run: Run, step: int) -> list[dict[str, Any]]:
    """What people did to the learning rate up to a checkpoint's step, for the attempt that goes on from it.

    A change in a stretch that was abandoned (a later attempt went on from before it) is not among them.
    """
    done = run.commands.filter(kind="learning_rate", status=Status.APPLIED, step__lte=step).order_by(
        "step", "id"
    )
    resumed = list(run.attempts.exclude(resumed_step=None).values_list("started_at", "resumed_step"))
    return [command.result for command in done if not _is_abandoned(command, resumed)]


def _is_abandoned(command: Command, resumed: list[tuple[datetime, int | None]]) -> bool:
    """Whether an attempt that began later went on from before its step; ``resumed``: (begin, from which step)."""
    when, step = command.applied_at or command.created_at, command.step or 0
    return any(start > when and (at or 0) < step for start, at in resumed)


def nobody_asks(run_id: str, kinds: tuple[str, ...], since: datetime) -> bool:
    """Whether every command of these kinds that was given ``since`` then was refused."""
    rows = Command.objects.filter(run_id=run_id, kind__in=kinds, created_at__gte=since)
    return not rows.exclude(status=Status.REFUSED).exists()


def drop_open_commands(run_id: str, reason: str) -> None:
    """Close what nobody will answer any more."""
    rows = Command.objects.filter(run_id=run_id, status__in=[Status.SENT, Status.RECEIVED])
    rows.update(status=Status.REFUSED, reason=reason)


def _impossible(state: State, kind: str) -> str:
    if state == State.STOPPING and kind == "stop":
        return "The run is stopping already. “kill” ends it at once, without a last checkpoint."
    if state == State.PAUSED:
        return f"The run is paused and has no process: nothing to {kind}. Resume it first."
    if state in ENDED or state == State.STOPPING:
        return f"The run is {state.value}: nothing to {kind}."
    return f"The run is {state.value}: nothing to {kind} yet."


def _cancel(run: Run, command: Command, who: str, state: State) -> None:
    verb, when = (
        ("cancelled", "before it started") if state == State.QUEUED else ("stopped", "while it was paused")
    )
    transition(run.pk, State.STOPPED, reason=f"{verb}{_by(who)} {when}")
    # Rules give commands too.
    from runs.rules.ended import run_ended

    run_ended(run.pk)
    command.status, command.applied_at = Status.APPLIED, timezone.now()
    command.save(update_fields=["status", "applied_at"])


def _push(run: Run, command: Command, who: str) -> None:
    if command.kind in ("stop", "kill"):
        transition(run.pk, State.STOPPING, reason=f"{command.kind} asked{_by(who)}")
    elif command.kind == "pause":
        until = local_moment(command.args["until"]) if command.args.get("until") else None
        idle = bool(command.args.get("when_idle"))
        transition(
            run.pk, State.PAUSING, reason=f"pause asked{_by(who)}", resume_at=until, resume_when_idle=idle
        )
    live.command_soon(command)


def _by(who: str) -> str:
    return f" by {who}" if who else ""
