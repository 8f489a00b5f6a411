"""What each command of a person does to a Trainer, at a step boundary on the training thread."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from trainer_bridge.protocol import PAUSED, PROLONGED, STOP_ASKED
from trainer_bridge.schedule import CannotChange, Schedule

Result = dict[str, Any]


@dataclass
class Wheel:
    """A Trainer as a callback sees it after a step. ``optimizer`` and ``scheduler`` are None outside a training.

    ``planned`` is how many steps its epochs hold: the Trainer's loop cannot be made longer than that.
    """

    control: Any
    step: int
    args: Any = None
    state: Any = None
    optimizer: Any = None
    scheduler: Any = None
    planned: int = 0

    @property
    def schedule(self) -> Schedule:
        if self.optimizer is None or self.scheduler is None:
            raise CannotChange("no Trainer is at work whose learning rate could be changed")
        return Schedule(self.optimizer, self.scheduler, self.args, self.state.max_steps)


@dataclass(frozen=True)
class Done:
    """What came of a command: for the record, and whether the training is to stop (why) or to be held."""

    result: Result
    stop: str = ""
    hold: bool = False


def obey(wheel: Wheel, kind: str, args: Mapping[str, Any]) -> Done:
    """Do it. Raises CannotChange, and then has changed nothing."""
    return COMMANDS[kind](wheel, args)


def _stop(wheel: Wheel, args: Mapping[str, Any]) -> Done:
    save = bool(args.get("save", True))
    return _end_now(wheel, STOP_ASKED, save=save)


def _save(wheel: Wheel, args: Mapping[str, Any]) -> Done:
    wheel.control.should_save = True
    return Done({})


def _evaluate(wheel: Wheel, args: Mapping[str, Any]) -> Done:
    wheel.control.should_evaluate = True
    return Done({})


def _log_every(wheel: Wheel, args: Mapping[str, Any]) -> Done:
    before = _trainer_state(wheel).logging_steps
    wheel.state.logging_steps = int(args["steps"])
    return Done({"before": before, "after": wheel.state.logging_steps})


def _learning_rate(wheel: Wheel, args: Mapping[str, Any]) -> Done:
    return Done(wheel.schedule.change(args, wheel.step))


def _end(wheel: Wheel, args: Mapping[str, Any]) -> Done:
    """Shorter: the loop stops there. Longer than its epochs: it saves and stops, and goes on as another attempt."""
    state = _trainer_state(wheel)
    before, after = state.max_steps, _steps_of(state, args)
    if after <= wheel.step:
        raise CannotChange(f"step {wheel.step} is past step {after} already; stop the run instead")
    if after <= wheel.planned:
        state.max_steps = after
        return Done({"before": before, "after": after})
    done = _end_now(wheel, PROLONGED, save=True)
    return Done({"before": before, "after": after, "restarts": True}, stop=done.stop)


def _pause(wheel: Wheel, args: Mapping[str, Any]) -> Done:
    if not args.get("hold"):
        return _end_now(wheel, PAUSED, save=True)
    # Held or not, nothing since is lost if the machine goes away meanwhile.
    wheel.control.should_save = True
    return Done({}, hold=True)


def _go_on(wheel: Wheel, args: Mapping[str, Any]) -> Done:
    raise CannotChange("the training is not held")


def _end_now(wheel: Wheel, reason: str, *, save: bool) -> Done:
    wheel.control.should_training_stop = True
    wheel.control.should_save = wheel.control.should_save or save
    return Done({}, stop=reason)


def _steps_of(state: Any, args: Mapping[str, Any]) -> int:
    """The last step that was asked for; an epoch is as long as those that were planned."""
    if "max_steps" in args:
        return int(args["max_steps"])
    return math.ceil(args["num_train_epochs"] * state.max_steps / max(state.num_train_epochs, 1))


def _trainer_state(wheel: Wheel) -> Any:
    if wheel.state is None:
        raise CannotChange("no Trainer is at work that could do this")
    return wheel.state


COMMANDS: Mapping[str, Callable[[Wheel, Mapping[str, Any]], Done]] = {
    "stop": _stop,
    "save": _save,
    "evaluate": _evaluate,
    "log_every": _log_every,
    "learning_rate": _learning_rate,
    "end": _end,
    "pause": _pause,
    "go_on": _go_on,
}
