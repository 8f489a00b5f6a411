"""What each kind of event does to a run.

An event that makes no sense (a checkpoint outside the run's folder) is refused alone: it is logged and shown
as a warning of the run, and the events around it count. Otherwise the bridge would send it for ever.
"""

import logging
from collections.abc import Callable
from typing import Any

from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from runs import commands, dispatch, speed
from runs.checkpoints.register import register
from runs.clean import finite, moment, plain, text_of
from runs.draft import Draft
from runs.evaluations.store import store as store_evaluation
from runs.external import learned
from runs.models import Attempt, Command, RunWarning
from runs.states import State
from trainer_bridge import protocol

log = logging.getLogger(__name__)

ENDS = {"finished": State.FINISHED, "stopped": State.STOPPED, "failed": State.FAILED}


def apply_event(draft: Draft, event: protocol.Event) -> None:
    """Apply one event; one that makes no sense becomes a warning of the run."""
    apply, own_writes = HANDLERS[type(event)]
    if not own_writes:
        apply(draft, event)
        return
    try:
        with transaction.atomic():
            apply(draft, event)
    except (OperationalError, InterfaceError):
        raise  # the database is away, which says nothing about the event: the batch comes again
    except Exception as problem:
        kind = type(event).__name__.lower()
        log.warning("run %s: a %s event was refused: %s", draft.run.pk, kind, problem)
        _warn(draft, f"refused-{kind}", f"A {kind} message of the training was refused: {problem}")


def revive(draft: Draft) -> bool:
    """A run that was given up too early is heard again: it goes on where it was, if nobody took it meanwhile."""
    given_up = draft.run.state == State.CRASHED or (
        draft.run.state == State.QUEUED and draft.attempt.given_up_at is not None
    )
    if not given_up or draft.attempt.ended_at is not None:
        return False
    Attempt.objects.filter(pk=draft.attempt.pk).update(given_up_at=None, retried=False)
    if draft.run.is_held:
        return draft.move(State.PAUSED, is_held=True, reason="held")
    return draft.move(State.RUNNING if draft.run.started_at else State.STARTING)


def warn_of_refused_keys(draft: Draft) -> None:
    """After the draft is saved: say which metrics were not stored because the run has too many."""
    if keys := draft.refused_keys:
        some = ", ".join(keys[:3])
        _warn(
            draft,
            "too many metrics",
            f"{len(keys)} metrics beyond the most a run can have are not kept: {some}",
        )


def _metrics(draft: Draft, event: protocol.Metrics) -> None:
    draft.measure(event)
    if event.step > draft.run.step:
        draft.set(step=event.step)


def _metrics_block(draft: Draft, event: protocol.MetricsBlock) -> None:
    draft.measure(event)
    highest = max(protocol.from_column("q", event.steps))
    if highest > draft.run.step:
        draft.set(step=highest)


def _system(draft: Draft, event: protocol.System) -> None:
    draft.measure(protocol.Metrics(step=draft.run.step, time=event.time, values=event.values))


def _console(draft: Draft, event: protocol.Console) -> None:
    # All processes of a training share one console: which one spoke stands at each line but the first's.
    who = f"[{draft.source}] " if draft.source.startswith("rank") else ""
    for line in event.lines:
        draft.print([finite(line.time, 0.0), line.stream, who + text_of(line.text)])


def _state(draft: Draft, event: protocol.State) -> None:
    known = {
        "max_steps": _count(event.max_steps),
        "num_train_epochs": finite(event.num_train_epochs),
        "samples_per_step": _count(event.samples_per_step),
    }
    draft.set(evaluation=None, **{name: value for name, value in known.items() if value is not None})
    if event.resumed_step is not None and event.resumed_step != draft.attempt.resumed_step:
        Attempt.objects.filter(pk=draft.attempt.pk).update(resumed_step=event.resumed_step)
        draft.attempt.resumed_step = event.resumed_step
        draft.rewind(event.resumed_step)
    if event.state == "running":
        draft.set(started_at=draft.run.started_at or moment(event.time))
        if draft.run.state == State.STARTING:
            draft.move(State.RUNNING)


def _progress(draft: Draft, event: protocol.Progress) -> None:
    draft.set(step=event.step)
    if (steps := _count(event.max_steps)) is not None and steps != draft.run.max_steps:
        draft.set(max_steps=steps)
    if (epoch := finite(event.epoch)) is not None:
        draft.set(epoch=epoch)
    if (patience := _patience(event)) != draft.run.patience:
        draft.set(patience=patience)
    before, evaluation = draft.run.evaluation, _evaluation(event)
    if evaluation != before:
        draft.set(evaluation=evaluation)
    if evaluation is None:
        if before is not None:
            # The time that an evaluation took says nothing about the speed of the steps.
            speed.restart(draft.attempt.pk)
        _speeds(draft, event)


def _speeds(draft: Draft, event: protocol.Progress) -> None:
    attempt, run = draft.attempt.pk, draft.run
    rate = speed.per_second((attempt, "steps"), event.step, event.time, run.speed)
    if rate is not None:
        draft.set(speed=rate)
    if (tokens := _count(event.tokens)) is None:
        return
    rate = speed.per_second((attempt, "tokens"), tokens, event.time, run.token_speed)
    if rate is not None:
        draft.set(token_speed=rate)


def _evaluation(event: protocol.Progress) -> dict[str, Any] | None:
    if event.evaluated is None:
        return None
    return {
        "done": event.evaluated,
        "of": _count(event.to_evaluate),
        "left": finite(event.seconds_left),
    }


def _patience(event: protocol.Progress) -> dict[str, int] | None:
    if event.patience_left is None or event.patience is None:
        return None
    return {"left": event.patience_left, "of": event.patience}


def _environment(draft: Draft, event: protocol.Environment) -> None:
    values = plain(event.values)
    if draft.run.is_external:
        draft.set(**learned(draft.run, values))
    draft.set(environment=draft.run.environment | values)


def _checkpoint(draft: Draft, event: protocol.Checkpoint) -> None:
    register(draft.run.pk, draft.attempt.number, event)
    draft.flag("checkpoints")


def _evaluated(draft: Draft, event: protocol.Evaluated) -> None:
    store_evaluation(draft.run.pk, draft.attempt.number, event)
    draft.flag("evaluations")


def _command_ack(draft: Draft, event: protocol.CommandAck) -> None:
    command = commands.acknowledge(draft.run.pk, event, text_of(event.reason))
    if command is None:
        log.info("run %s: an answer to command %s, which is not open", draft.run.pk, event.id)
    elif event.status == "refused":
        _go_on_unless_asked(draft)
    elif event.status == "applied":
        _follow(draft, command)
    draft.flag("commands")


def _follow(draft: Draft, command: Command) -> None:
    """What a command that was done means for the run itself."""
    if command.kind == "pause" and command.args.get("hold"):
        draft.move(State.PAUSED, is_held=True, reason=_asked(draft, "held"))
    elif command.kind == "go_on" and draft.run.state == State.PAUSED:
        draft.move(State.RUNNING)
    elif command.kind == "end" and (steps := command.result.get("after")):
        commands.keep_new_end(command)
        draft.set(max_steps=steps)


def _go_on_unless_asked(draft: Draft) -> None:
    """The training refused a command. If that was the only word to stop or pause, it does neither."""
    asked = {State.STOPPING: ("stop", "kill"), State.PAUSING: ("pause",)}.get(State(draft.run.state))
    if asked and commands.nobody_asks(draft.run.pk, asked, draft.attempt.started_at):
        draft.move(State.RUNNING if draft.run.started_at else State.STARTING)


def _asked(draft: Draft, done: str) -> str:
    """ "pause asked by ada" → "held by ada"."""
    return draft.run.reason.replace("pause asked", done) or done


def _warning(draft: Draft, event: protocol.Warning) -> None:
    _warn(draft, text_of(event.code), text_of(event.text), event.step, plain(event.details))


def _exit(draft: Draft, event: protocol.Exit) -> None:
    """The attempt is over. A second word about it (trainer and supervisor both speak) changes nothing."""
    if draft.attempt.ended_at is not None and draft.run.state == State.QUEUED:
        return  # it waits for its next attempt
    if draft.attempt.ended_at is None:
        draft.attempt.ended_at = moment(event.time)
        Attempt.objects.filter(pk=draft.attempt.pk).update(ended_at=draft.attempt.ended_at)
    target = _end(draft, event)
    ended_at = None if target == State.PAUSED else draft.attempt.ended_at
    fields = {"ended_at": ended_at, "traceback": text_of(event.traceback)}
    if not draft.move(target, reason=_exit_reason(draft, event, target), **fields):
        return
    if event.step is not None:
        draft.set(step=event.step)
    commands.drop_open_commands(
        draft.run.pk, f"the run {'was paused' if target == State.PAUSED else event.outcome} first"
    )
    if target == State.STOPPED and event.reason == protocol.PROLONGED:
        draft.move(State.QUEUED)
        dispatch.announce()


def _end(draft: Draft, event: protocol.Exit) -> State:
    """A process that died of a signal after somebody asked to kill it was stopped; it did not fail."""
    if event.signal is not None and draft.run.state == State.STOPPING:
        return State.STOPPED
    if event.outcome == "stopped" and draft.run.state == State.PAUSING:
        return State.PAUSED
    return ENDS[event.outcome]


def _exit_reason(draft: Draft, event: protocol.Exit, target: State) -> str:
    if target == State.PAUSED:
        return _asked(draft, "paused")
    if target == State.STOPPED and draft.run.is_pruned:
        return draft.run.reason
    if said := text_of(event.reason or event.error).strip():
        return said.splitlines()[-1]
    if event.outcome == "finished":
        return ""
    if target == State.STOPPED:
        # "stop asked by ada" is why it stopped as well.
        return draft.run.reason
    if event.signal is not None:
        return f"the training process was ended by signal {event.signal}"
    code = "" if event.exit_code is None else f" with exit code {event.exit_code}"
    return f"the training process ended{code} and left no error message"


def _warn(
    draft: Draft, code: str, text: str, step: int | None = None, details: dict[str, Any] | None = None
) -> None:
    fields = {"text": text, "step": step, "details": details or {}, "created_at": timezone.now()}
    RunWarning.objects.update_or_create(run=draft.run, code=code, defaults=fields)
    draft.flag("warnings")


def _count(number: int | None) -> int | None:
    """A number of steps that a column can hold; None for what makes none."""
    return number if number is not None and 0 < number <= protocol.MAX_STEP else None


#: What to do with each kind of event, and whether it writes by itself (then in a savepoint of its own).
HANDLERS: dict[type, tuple[Callable[[Draft, Any], None], bool]] = {
    protocol.Metrics: (_metrics, False),
    protocol.MetricsBlock: (_metrics_block, False),
    protocol.System: (_system, False),
    protocol.Console: (_console, False),
    protocol.State: (_state, False),
    protocol.Progress: (_progress, False),
    protocol.Environment: (_environment, False),
    protocol.Checkpoint: (_checkpoint, True),
    protocol.Evaluated: (_evaluated, True),
    protocol.CommandAck: (_command_ack, True),
    protocol.Warning: (_warning, True),
    protocol.Exit: (_exit, False),
}
