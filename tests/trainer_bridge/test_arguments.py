import dataclasses
import enum
import typing
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from transformers import TrainingArguments, get_scheduler
from transformers.trainer_utils import SchedulerType

from trainer_bridge.arguments import BY_NAME, COMMON, GROUPS, parse, problems
from trainer_bridge.titled import TitledField

INSTALLED = {field.name: field for field in dataclasses.fields(TrainingArguments)}


@pytest.mark.parametrize("field", COMMON, ids=lambda field: field.name)
def test_the_table_is_that_of_the_installed_trainer(field: TitledField) -> None:
    installed = INSTALLED[field.name]
    default = installed.default.value if isinstance(installed.default, enum.Enum) else installed.default
    assert field.default == default
    assert set(field.choices) <= _choices(installed.type)
    assert field.title in GROUPS
    assert field.help


def test_choices_of_when_are_complete() -> None:
    for name in ("eval_strategy", "save_strategy"):
        assert set(BY_NAME[name].choices) == _choices(INSTALLED[name].type)


def test_every_scheduler_offered_needs_no_more_arguments_and_the_others_do() -> None:
    offered = set(BY_NAME["lr_scheduler_type"].choices)
    for kind in SchedulerType:
        optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
        if kind.value in offered:
            get_scheduler(kind, optimizer, num_warmup_steps=1, num_training_steps=10)
        elif kind != SchedulerType.GREEDY:  # it starts, but its least learning rate of 1e-3 needs setting
            with pytest.raises((TypeError, ValueError)):
                get_scheduler(kind, optimizer, num_warmup_steps=1, num_training_steps=10)


def test_the_trainers_own_defaults_have_no_problem() -> None:
    assert problems({}) == {}


def _choices(kind: Any) -> set[str]:
    """The values of the enum in an annotation like ``SchedulerType | str``."""
    kinds = [k for k in typing.get_args(kind) if isinstance(k, type) and issubclass(k, enum.Enum)]
    return {member.value for k in kinds for member in k}


WITH_BEST = {"load_best_model_at_end": True, "metric_for_best_model": "accuracy"}
STEPS = {"eval_strategy": "steps", "save_strategy": "steps"}


@pytest.mark.parametrize(
    ("args", "name", "sentence"),
    [
        ({"learning_rate": -1}, "learning_rate", "Must be above 0."),
        ({"learning_rate": "abc"}, "learning_rate", "Must be a number, not 'abc'."),
        ({"learning_rate": float("nan")}, "learning_rate", "Must be a finite number."),
        ({"per_device_train_batch_size": 0}, "per_device_train_batch_size", "Must be 1 or more."),
        ({"per_device_eval_batch_size": -4}, "per_device_eval_batch_size", "Must be 1 or more."),
        ({"gradient_accumulation_steps": 0}, "gradient_accumulation_steps", "Must be 1 or more."),
        ({"adam_beta2": 999}, "adam_beta2", "Must be below 1. Did you mean 0.999?"),
        ({"adam_beta1": 1}, "adam_beta1", "Must be below 1. Did you mean 0.9?"),
        ({"adam_epsilon": 0}, "adam_epsilon", "Must be above 0."),
        ({"weight_decay": 5}, "weight_decay", "Must be at most 1."),
        ({"max_grad_norm": -1}, "max_grad_norm", "Must be 0 or more."),
        ({"label_smoothing_factor": 1}, "label_smoothing_factor", "Must be below 1."),
        ({"warmup_steps": -1}, "warmup_steps", "Must be 0 or more."),
        (
            {"warmup_steps": 10.5},
            "warmup_steps",
            "Must be whole from 1 on, where it counts steps, not 10.5.",
        ),
        ({"seed": -1}, "seed", "Must be 0 or more."),
        ({"seed": 2**40}, "seed", "Must be at most 4,294,967,295."),
        ({"num_train_epochs": -1}, "num_train_epochs", "Must be 0 or more."),
        (
            {"num_train_epochs": 0},
            "num_train_epochs",
            "Must be above 0, or max_steps must be: there is nothing to train.",
        ),
        ({"max_steps": 0}, "max_steps", "0 steps train nothing. Use -1 to let num_train_epochs decide."),
        ({"logging_steps": 0}, "logging_steps", "Must be above 0."),
        ({"logging_steps": 1.5}, "logging_steps", "Must be whole from 1 on, where it counts steps, not 1.5."),
        ({"save_total_limit": 0}, "save_total_limit", "Must be 1 or more."),
        ({"metric_for_best_model": ""}, "metric_for_best_model", "Must not be empty."),
        (
            {"lr_scheduler_type": "bogus"},
            "lr_scheduler_type",
            f"“bogus” is not one of {', '.join(BY_NAME['lr_scheduler_type'].choices)}.",
        ),
        (
            {"lr_scheduler_type": "reduce_lr_on_plateau"},
            "lr_scheduler_type",
            "reduce_lr_on_plateau needs evaluations, and eval_strategy is no.",
        ),
        (
            {"save_strategy": "best"},
            "save_strategy",
            "best saves after an evaluation, and eval_strategy is no.",
        ),
        (WITH_BEST, "eval_strategy", "Finding the best model needs evaluation: choose steps or epoch."),
        (
            WITH_BEST | {"eval_strategy": "epoch"},
            "save_strategy",
            "Must be epoch like eval_strategy, or best: load_best_model_at_end can only load checkpoints that "
            "were evaluated.",
        ),
        (
            WITH_BEST | STEPS | {"eval_steps": 20, "save_steps": 50},
            "save_steps",
            "Must be a multiple of eval_steps, 20, so that every checkpoint is evaluated. Did you mean 40?",
        ),
        (
            WITH_BEST | STEPS | {"logging_steps": 300},
            "save_steps",
            "Must be a multiple of eval_steps, 300, so that every checkpoint is evaluated. Did you mean 600?",
        ),
        (
            WITH_BEST | STEPS | {"eval_steps": 0.1, "save_steps": 50},
            "save_steps",
            "50, and eval_steps is 0.1: use steps for both or ratios for both.",
        ),
        (
            {"metric_for_best_model": "eval_perplexity"},
            "greater_is_better",
            "Less eval_perplexity is better: switch this off.",
        ),
        (
            {"metric_for_best_model": "f1", "greater_is_better": False},
            "greater_is_better",
            "More f1 is better: switch this on.",
        ),
        (
            {"evaluation_strategy": "epoch"},
            "evaluation_strategy",
            "evaluation_strategy is now called eval_strategy.",
        ),
        (
            {"lerning_rate": 1},
            "lerning_rate",
            "There is no argument lerning_rate here. Did you mean learning_rate?",
        ),
        ({"output_dir": "/"}, "output_dir", "output_dir is set by Trainboard."),
    ],
)
def test_each_impossible_value_is_said_at_its_field(args: dict[str, Any], name: str, sentence: str) -> None:
    assert problems(args) == {name: sentence}


def test_arguments_are_judged_with_those_of_the_recipe() -> None:
    recipe = {"eval_strategy": "epoch", "save_strategy": "epoch", "load_best_model_at_end": True}
    assert problems({}, recipe) == {}
    assert list(problems({"save_strategy": "steps"}, recipe)) == ["save_strategy"]


def test_a_recipe_may_set_arguments_that_the_form_does_not_have() -> None:
    assert problems({}, {"remove_unused_columns": False}) == {}


def test_parse_takes_a_field_and_what_was_typed() -> None:
    assert parse(BY_NAME["learning_rate"], "1/2k") == pytest.approx(0.0005)
    with pytest.raises(ValueError, match=r"^Must be below 1\. Did you mean 0\.999\?$"):
        parse(BY_NAME["adam_beta2"], "1")


def _values(field: TitledField) -> st.SearchStrategy[Any]:
    """Good and bad values of one argument, the edges often."""
    edges = [-1, 0, 0.5, 1, 2, 7.5, 10, 20, 100, 2**32, "", "no", "steps", "epoch", None, True, float("inf")]
    wild = st.sampled_from(edges)
    if field.choices:
        return st.sampled_from(field.choices) | wild
    return st.integers(0, 200) | st.floats(0, 1, exclude_max=True) | st.booleans() | wild


SAMPLES = st.fixed_dictionaries({}, optional={field.name: _values(field) for field in COMMON})


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(SAMPLES)
def test_what_has_no_problem_is_accepted(args: dict[str, Any]) -> None:
    bad = problems(args)
    # Leaving out what was refused must leave something that trains: sentences stand at the field to mend.
    good = {name: value for name, value in args.items() if name not in bad}
    if not problems(good):
        TrainingArguments(**good, output_dir="unused", use_cpu=True, report_to="none")
