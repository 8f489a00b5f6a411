"""Every command that can be asked of a run: in which states it means something, and which arguments it takes."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from runs.models import Run
from runs.states import State
from trainer_bridge.schedule import wish_problem

Args = Mapping[str, Any]

_TRAINS = frozenset({State.STARTING, State.RUNNING})
_MANY = 10**9


@dataclass(frozen=True)
class CommandKind:
    """``problem(run, args)`` says why the arguments cannot be used, "" if they can. ``title`` names it on pages."""

    title: str
    states: frozenset[State]
    problem: Callable[[Run, Args], str]


def _nothing(run: Run, args: Args) -> str:
    return f"Takes no arguments, but got {', '.join(sorted(map(str, args)))}." if args else ""


def _stop(run: Run, args: Args) -> str:
    return _unknown(args, "save") or _bool_problem(args, "save")


def _log_every(run: Run, args: Args) -> str:
    return _unknown(args, "steps") or _count_problem("steps", args.get("steps"))


def _end(run: Run, args: Args) -> str:
    if unknown := _unknown(args, "max_steps", "num_train_epochs"):
        return unknown
    if len(args) != 1:
        return "Needs one of max_steps and num_train_epochs."
    return _end_problem(run, args) or _longer_problem(run, args)


def _end_problem(run: Run, args: Args) -> str:
    if "max_steps" in args:
        return _count_problem("max_steps", args["max_steps"]) or _past_problem(run, args["max_steps"])
    epochs = args["num_train_epochs"]
    is_number = isinstance(epochs, int | float) and not isinstance(epochs, bool) and math.isfinite(epochs)
    return (
        "" if is_number and 0 < epochs <= 1_000_000 else f"num_train_epochs must be above 0, not {epochs!r}."
    )


def _longer_problem(run: Run, args: Args) -> str:
    """A later end needs another attempt, which only a run that was started here can have."""
    planned = {"max_steps": run.max_steps, "num_train_epochs": run.num_train_epochs}
    is_longer = any(value > (planned[name] or 0) for name, value in args.items())
    return (
        "The run was started elsewhere: it can end earlier, not later."
        if run.is_external and is_longer
        else ""
    )


def _past_problem(run: Run, max_steps: int) -> str:
    if max_steps > run.step:
        return ""
    beyond = f"max_steps must be above that, not {max_steps}"
    return f"The run is at step {run.step} already: {beyond}. To end it now, stop it."


def _pause(run: Run, args: Args) -> str:
    problem = _unknown(args, "hold", "until", "when_idle") or _bool_problem(args, "hold", "when_idle")
    if problem:
        return problem
    if run.is_external and not args.get("hold"):
        return "The run was started elsewhere and cannot be started again from here; hold it instead."
    if args.get("hold") and (args.get("until") or args.get("when_idle")):
        return "A held run keeps its device slot and waits for a person; until and when_idle are for a freed one."
    return _until_problem(args["until"]) if args.get("until") else ""


def _until_problem(text: Any) -> str:
    try:
        until = local_moment(text)
    except ValueError:
        return f"until must be a date and time such as 2026-12-24T18:00, not {text!r}."
    return "" if until > timezone.now() else f"until must lie ahead, not at {text}."


def local_moment(text: Any) -> datetime:
    """A date and time in ISO form; one without a zone is in the server's. Raises ValueError."""
    found = datetime.fromisoformat(text) if isinstance(text, str) else None
    if found is None:
        raise ValueError(text)
    return found if found.tzinfo else timezone.make_aware(found)


def _unknown(args: Args, *known: str) -> str:
    extra = sorted(str(name) for name in args if name not in known)
    return f"Takes {', '.join(known)}, not {', '.join(extra)}." if extra else ""


def _bool_problem(args: Args, *names: str) -> str:
    wrong = next((name for name in names if not isinstance(args.get(name, False), bool)), None)
    return f"{wrong} must be true or false, not {args[wrong]!r}." if wrong else ""


def _count_problem(name: str, value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= _MANY:
        return ""
    return f"{name} must be a whole number from 1 to {_MANY:,}, not {value!r}."


KINDS: Mapping[str, CommandKind] = {
    "stop": CommandKind("Stop", _TRAINS | {State.QUEUED, State.PAUSING, State.PAUSED}, _stop),
    "kill": CommandKind("Kill", _TRAINS | {State.PAUSING, State.PAUSED, State.STOPPING}, _nothing),
    "save": CommandKind("Save checkpoint", _TRAINS, _nothing),
    "evaluate": CommandKind("Evaluate", _TRAINS, _nothing),
    "log_every": CommandKind("Log every", _TRAINS, _log_every),
    "learning_rate": CommandKind("Learning rate", _TRAINS, lambda run, args: wish_problem(args)),
    "end": CommandKind("End", _TRAINS, _end),
    "pause": CommandKind("Pause", _TRAINS, _pause),
    "go_on": CommandKind("Go on", frozenset({State.PAUSED}), _nothing),
}
