import dataclasses
import enum
import typing
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from transformers import TrainingArguments

from trainer_bridge.argument_fields import argument_fields
from trainer_bridge.argument_needs import Machine
from trainer_bridge.arguments import COMMON, GROUPS, cautions, parse, problems
from trainer_bridge.assembly import training_arguments
from trainer_bridge.machine import describe_abilities
from trainer_bridge.titled import TitledField

BY_NAME = argument_fields()

INSTALLED = {field.name: field for field in dataclasses.fields(TrainingArguments)}
#: Not the fields' own ``type``: an HfArgumentParser, made by any test before, writes other types there.
TYPES = typing.get_type_hints(TrainingArguments)


@pytest.mark.parametrize("field", COMMON, ids=lambda field: field.name)
def test_the_table_is_that_of_the_installed_trainer(field: TitledField) -> None:
    installed = INSTALLED[field.name]
    default = installed.default.value if isinstance(installed.default, enum.Enum) else installed.default
    assert field.default == default
    assert set(field.choices) <= _choices(TYPES[field.name])
    assert field.title in GROUPS
    assert field.help


def test_choices_are_those_of_the_installed_trainer() -> None:
    for name in ("eval_strategy", "save_strategy", "logging_strategy", "optim", "lr_scheduler_type"):
        assert set(BY_NAME[name].choices) == _choices(TYPES[name])
    assert BY_NAME["lr_scheduler_type"].choices[:2] == ("linear", "cosine")  # the usual ones first


def test_the_trainers_own_defaults_have_no_problem() -> None:
    assert problems({}) == {}


def _choices(kind: Any) -> set[str]:
    """The values of the enum in an annotation like ``SchedulerType | str``."""
    kinds = [k for k in typing.get_args(kind) if isinstance(k, type) and issubclass(k, enum.Enum)]
    return {member.value for k in kinds for member in k}


WITH_BEST = {
    "load_best_model_at_end": True,
    "metric_for_best_model": "accuracy",
    "greater_is_better": True,
}
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
        ({"weight_decay": -0.1}, "weight_decay", "Must be 0 or more."),
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
            {"metric_for_best_model": "eval_perplexity", "greater_is_better": True},
            "greater_is_better",
            "Less eval_perplexity is better: switch this off.",
        ),
        (
            {"metric_for_best_model": "my_score"},
            "greater_is_better",
            "Say whether more my_score is better; the Trainer would only guess.",
        ),
        (
            {"metric_for_best_model": "accuracy"},
            "greater_is_better",
            "Say whether more accuracy is better; the Trainer would only guess.",
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
        (
            {"output_dir": "/"},
            "output_dir",
            "output_dir is set by Trainboard. Each run has a folder of its own in the data folder.",
        ),
        (
            {"hub_token": "secret"},
            "hub_token",
            "hub_token is set by Trainboard. Checkpoints stay on this machine; export the one you want under "
            "Checkpoints.",
        ),
        (
            {"report_to": ["wandb"]},
            "report_to",
            "report_to is set by Trainboard. Trainboard records the run itself; it reports to no other tracker.",
        ),
        (
            {"gradient_checkpointing": True},
            "gradient_checkpointing",
            "gradient_checkpointing is now called activation_checkpointing.",
        ),
        (
            {"predict_with_generate": True},
            "predict_with_generate",
            "Only recipes whose model generates text have predict_with_generate.",
        ),
        # A text would be read as the path of a file.
        ({"deepspeed": "/etc/passwd"}, "deepspeed", 'Must be a JSON object: {"name": value}.'),
        ({"fsdp_config": "c.json"}, "fsdp_config", 'Must be a JSON object: {"name": value}.'),
        ({"accelerator_config": "c.json"}, "accelerator_config", 'Must be a JSON object: {"name": value}.'),
        ({"parallelism_config": "c.json"}, "parallelism_config", 'Must be a JSON object: {"name": value}.'),
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
    if field.kind == "json":
        return st.just(field.default) | st.sampled_from([*OBJECTS, [], ["loss"], "all-linear"]) | wild
    if field.choices:
        return st.sampled_from(field.choices) | wild
    return st.integers(0, 200) | st.floats(0, 1, exclude_max=True) | st.booleans() | wild


#: What some argument may hold, and what none may.
OBJECTS: list[dict[str, Any]] = [
    {}, {"num_cycles": 2}, {"power": 2.0}, {"min_lr": 0.0}, {"num_decay_steps": 3}, {"even_batches": False},
    {"gradient_accumulation_kwargs": {"num_steps": 2}}, {"tp_size": 1}, {"dp_shard_size": 2}, {"use_reentrant": True},
    {"zero_optimization": {"stage": 2}}, {"bogus": 1},
]  # fmt: skip
HERE = Machine.of("here", describe_abilities())
ALL = argument_fields()
#: Few at once: of all together, one would be refused nearly always.
SAMPLES = st.lists(st.sampled_from(sorted(ALL)), max_size=8, unique=True).flatmap(
    lambda names: st.fixed_dictionaries({name: _values(ALL[name]) for name in names})
)
GENERATES = {"predict_with_generate": False}


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(SAMPLES)
def test_what_has_no_problem_is_accepted(args: dict[str, Any]) -> None:
    bad = problems(args, GENERATES, lambda: [HERE])
    # Leaving out what was refused must leave something that trains: sentences stand at the field to mend.
    good = {name: value for name, value in args.items() if name not in bad}
    if not problems(good, GENERATES, lambda: [HERE]):
        training_arguments(GENERATES | good, "unused")


@given(SAMPLES)
def test_whatever_is_given_is_judged_without_a_crash(args: dict[str, Any]) -> None:
    assert not problems(args, GENERATES).keys() & cautions(args, GENERATES).keys()
    problems(args), cautions(args)
