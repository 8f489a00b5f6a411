"""Rules about the learning rate's schedule: options it would refuse at the first step, or follow the wrong way."""

from collections.abc import Mapping
from typing import Any

from trainer_bridge.learning_rate import warmup_steps
from trainer_bridge.schedule_options import (
    FOLLOW_METRIC,
    IGNORES_OPTIONS,
    is_known,
    options_problem,
    with_defaults,
)
from trainer_bridge.titled import Broken

Arguments = Mapping[str, Any]
SCHEDULE = frozenset({"lr_scheduler_type", "lr_scheduler_kwargs"})


def options_fit(args: Arguments) -> Broken | None:
    """The scheduler must take each option, and must be given what it cannot do without."""
    kind, given = args["lr_scheduler_type"], args["lr_scheduler_kwargs"] or {}
    if not is_known(kind) or kind in IGNORES_OPTIONS:
        return None
    problem = options_problem(kind, given)
    return Broken("lr_scheduler_kwargs", problem) if problem else None


def options_have_effect(args: Arguments) -> Broken | None:
    """A caution: transformers drops the options of a constant schedule."""
    kind = args["lr_scheduler_type"]
    if kind in IGNORES_OPTIONS and args["lr_scheduler_kwargs"]:
        return Broken("lr_scheduler_kwargs", f"{kind} takes no options: these have no effect.")
    return None


def ends_below_the_peak(args: Arguments) -> Broken | None:
    """polynomial falls to lr_end, which must lie below where it starts."""
    if args["lr_scheduler_type"] != "polynomial":
        return None
    end = with_defaults("polynomial", args["lr_scheduler_kwargs"])["lr_end"]
    if args["learning_rate"] > end:
        return None
    return Broken("learning_rate", f"Must be above lr_end of polynomial, {end:g}.")


def leaves_room_to_fall(args: Arguments) -> Broken | None:
    """polynomial divides by the steps that are left after the warm-up."""
    total = args["max_steps"]
    if args["lr_scheduler_type"] == "polynomial" and 0 < total == warmup_steps(args["warmup_steps"], total):
        return Broken("warmup_steps", f"Must leave steps to fall in: all {total} would be warm-up.")
    return None


def all_is_warmup(args: Arguments) -> Broken | None:
    """A caution: the learning rate never comes to its peak."""
    total, kind = args["max_steps"], args["lr_scheduler_type"]
    if kind == "constant" or total <= 0:
        return None
    warmup = warmup_steps(args["warmup_steps"], total)
    if 0 < total <= warmup:
        return Broken("warmup_steps", f"The run ends within the warm-up: {warmup} steps of {total}.")
    return None


def stages_fit(args: Arguments) -> Broken | None:
    """A caution: with more warm-up and decay than steps, the learning rate jumps in the middle."""
    total = args["max_steps"]
    if args["lr_scheduler_type"] != "warmup_stable_decay" or total <= 0:
        return None
    options = with_defaults("warmup_stable_decay", args["lr_scheduler_kwargs"])
    needed = warmup_steps(args["warmup_steps"], total) + options["num_decay_steps"]
    if options["num_stable_steps"] is None and needed > total:
        sentence = f"Warm-up and decay take {needed} steps of {total}: the learning rate jumps between them."
        return Broken("lr_scheduler_kwargs", sentence)
    return None


def follows_the_right_way(args: Arguments) -> Broken | None:
    """A scheduler that follows a metric waits for it to fall, unless it is told that it should grow."""
    kind, given = args["lr_scheduler_type"], args["lr_scheduler_kwargs"] or {}
    if kind not in FOLLOW_METRIC or "mode" in given or not args["greater_is_better"]:
        return None
    metric = args["metric_for_best_model"] or "loss"
    sentence = f'{kind} waits for {metric} to fall. Give {{"mode": "max"}}, for more of it is better.'
    return Broken("lr_scheduler_kwargs", sentence)


def greedy_stays_low(args: Arguments) -> Broken | None:
    """greedy raises a learning rate below its min_lr to that, and min_lr is 0.001 where nothing is said."""
    given = args["lr_scheduler_kwargs"] or {}
    if args["lr_scheduler_type"] != "greedy" or "min_lr" in given:
        return None
    least = with_defaults("greedy", given)["min_lr"]
    if args["learning_rate"] >= least:
        return None
    sentence = f'greedy would raise the learning rate to its min_lr, {least:g}. Give {{"min_lr": 1e-6}}.'
    return Broken("lr_scheduler_kwargs", sentence)
