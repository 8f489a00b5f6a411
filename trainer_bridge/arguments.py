"""The common training arguments: what a form shows, and what is refused before anything is queued.

`TrainingArguments` itself would have to import torch, and it lets many impossible values through (batch size
0, a negative learning rate, a seed out of range): they fail minutes later or, worse, train in silence on
something else. Tests hold the table equal to the installed `TrainingArguments`.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from trainer_bridge.argument_rules import RULES
from trainer_bridge.argument_table import BY_NAME, COMMON, GROUPS
from trainer_bridge.fields import Field, Value, did_you_mean

__all__ = ["BY_NAME", "COMMON", "GROUPS", "OWNED", "merge", "parse", "problems"]

#: Arguments that Trainboard sets itself: a run stays in its folder, on its machine, and shows what happens.
OWNED = frozenset(
    {
        "output_dir",
        "report_to",
        "disable_tqdm",
        "use_cpu",
        "logging_nan_inf_filter",
        "run_name",
        "push_to_hub",
    }
)

#: Names that older releases of transformers knew, and what is used now.
RENAMED = MappingProxyType(
    {
        "evaluation_strategy": "eval_strategy",
        "warmup_ratio": "warmup_steps",
        "per_gpu_train_batch_size": "per_device_train_batch_size",
        "per_gpu_eval_batch_size": "per_device_eval_batch_size",
    }
)


def parse(field: Field, text: str) -> Value:
    """The value that a person's ``text`` gives the field. Raises ValueError with a sentence."""
    return field.parse(text)


def problems(args: Mapping[str, Any], recipe_arguments: Mapping[str, Value] | None = None) -> dict[str, str]:
    """Argument name → why the training cannot use it, with the recipe's arguments merged in.

    Empty if `TrainingArguments` and the Trainer's loop take them all.
    """
    merged = merge(args, recipe_arguments)
    found = {name: _unknown(name) for name in args if name not in BY_NAME}
    for name, field in BY_NAME.items():
        if problem := field.problem(merged[name]):
            found[name] = problem
    for rule in RULES:
        # A rule compares values; where one of them is no value at all, that is already said.
        if not found.keys() & rule.reads and (broken := rule.check(merged)):
            found.setdefault(broken.name, broken.sentence)
    return found


def merge(args: Mapping[str, Any], recipe_arguments: Mapping[str, Value] | None = None) -> dict[str, Any]:
    """Every common argument's value: Trainer default < recipe < ``args``."""
    return {field.name: field.default for field in COMMON} | dict(recipe_arguments or {}) | dict(args)


def _unknown(name: str) -> str:
    if name in OWNED:
        return f"{name} is set by Trainboard."
    if name in RENAMED:
        return f"{name} is now called {RENAMED[name]}."
    return f"There is no argument {name} here.{did_you_mean(name, BY_NAME)}"
