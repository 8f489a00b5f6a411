"""The training arguments: every one that can be set, and what is refused before anything is queued.

`TrainingArguments` itself would have to import torch, and it lets many impossible values through (batch size
0, a negative learning rate, a seed out of range): they fail minutes later or, worse, train in silence on
something else. Tests hold the fields equal to the installed `TrainingArguments`.
"""

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from trainer_bridge import argument_needs
from trainer_bridge.argument_checks import (
    CAUTIONS,
    CAUTIONS_OF_PROCESSES,
    RULES,
    RULES_OF_PROCESSES,
    Sound,
    broken,
    for_processes,
)
from trainer_bridge.argument_fields import argument_fields, deprecated, generation_names
from trainer_bridge.argument_groups import GROUPS
from trainer_bridge.argument_needs import Machine
from trainer_bridge.argument_owned import RENAMED, reason_owned
from trainer_bridge.argument_table import COMMON
from trainer_bridge.fields import Field, Value, did_you_mean
from trainer_bridge.titled import Broken, TitledField

__all__ = [
    "COMMON", "GROUPS", "cautions", "fields", "generates", "merge", "metric_of", "parse", "problems",
]  # fmt: skip

Arguments = Mapping[str, Any]
#: Gives the machines that might train, as far as they are known; none: nobody knows.
Machines = Callable[[], Sequence[Machine]]


def fields(recipe_arguments: Arguments | None = None) -> Mapping[str, TitledField]:
    """Name → field of the arguments that a recipe has, in the order of the page."""
    return argument_fields() if generates(recipe_arguments) else _without_generation()


def generates(recipe_arguments: Arguments | None) -> bool:
    """Whether a recipe is one of `Seq2SeqTrainingArguments`: it sets one of those that only these have."""
    return bool((recipe_arguments or {}).keys() & generation_names())


def parse(field: Field, text: str) -> Value:
    """The value that a person's ``text`` gives the field. Raises ValueError with a sentence."""
    return field.parse(text)


def problems(
    args: Arguments, recipe_arguments: Arguments | None = None, machines: Machines = tuple
) -> dict[str, str]:
    """Argument name → why the training cannot use it, with the recipe's arguments merged in.

    Empty if `TrainingArguments` and the Trainer's loop take them all. ``machines`` is asked for the workers only where
    an argument needs something of them.
    """
    found = judged(args, recipe_arguments)
    return ruled(merge(args, recipe_arguments), found, machines)


def judged(args: Arguments, recipe_arguments: Arguments | None = None) -> dict[str, str]:
    """Argument name → what is wrong with its value by itself, whatever the others are."""
    known = fields(recipe_arguments)
    merged = merge(args, recipe_arguments)
    found = {name: _unknown(name, known) for name in args if name not in known}
    for name, field in known.items():
        if problem := field.problem(merged[name]):
            found[name] = problem
    return found


def ruled(
    merged: Arguments, found: Mapping[str, str], machines: Machines = tuple, processes: int = 1
) -> dict[str, str]:
    """``found`` and what is wrong between the arguments ``merged``, as far as those in ``found`` take no part.

    ``processes``: how many train together.
    """
    sound = Sound(merged, found)
    all_found = dict(found)
    rules = (*RULES, *for_processes(RULES_OF_PROCESSES, processes))
    for name, sentence in (*broken(rules, sound), *_of_machines(argument_needs.unmet, sound, machines)):
        all_found.setdefault(name, sentence)
    return all_found


def cautions(
    args: Arguments,
    recipe_arguments: Arguments | None = None,
    machines: Machines = tuple,
    processes: int = 1,
) -> dict[str, str]:
    """Argument name → what a person may not have meant, or not know of; it keeps nobody from launching."""
    merged = merge(args, recipe_arguments)
    sound = Sound(merged, ruled(merged, judged(args, recipe_arguments), processes=processes))
    found: dict[str, str] = {}
    checks = (*CAUTIONS, *for_processes(CAUTIONS_OF_PROCESSES, processes))
    for name, sentence in (*broken(checks, sound), *_of_machines(argument_needs.half_met, sound, machines)):
        found.setdefault(name, sentence)
    return found


def _of_machines(judge: Callable[..., Iterable[Broken]], sound: Sound, machines: Machines) -> list[Broken]:
    try:
        needs = list(argument_needs.needs(sound))
    except Sound.Missing:
        return []
    return list(judge(sound, machines())) if needs else []


def merge(args: Arguments, recipe_arguments: Arguments | None = None) -> dict[str, Any]:
    """Every argument's value: Trainer default < recipe < ``args``.

    A recipe knows which way its own metric is better, and of no other.
    """
    own = recipe_arguments or {}
    merged = {**_defaults(generates(own)), **own, **args}
    if "greater_is_better" not in args and metric_of(merged) != metric_of(own):
        merged["greater_is_better"] = None
    return merged


def metric_of(args: Arguments) -> str:
    """The metric by which the best checkpoint is chosen, without "eval_": the loss where none is named."""
    return str(args.get("metric_for_best_model") or "loss").removeprefix("eval_")


@functools.cache
def _without_generation() -> Mapping[str, TitledField]:
    return {name: field for name, field in argument_fields().items() if name not in generation_names()}


@functools.cache
def _defaults(with_generation: bool) -> dict[str, Value]:
    known = argument_fields() if with_generation else _without_generation()
    return {name: field.default for name, field in known.items()}


def _unknown(name: str, known: Mapping[str, TitledField]) -> str:
    if reason := reason_owned(name):
        return f"{name} is set by Trainboard. {reason}"
    if name in generation_names():
        return f"Only recipes whose model generates text have {name}."
    if now := deprecated().get(name) or RENAMED.get(name):
        return f"{name} is now called {now}."
    return f"There is no argument {name} here.{did_you_mean(name, known)}"
