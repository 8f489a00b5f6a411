"""Specifications: what is refused, what a run comes to, by what it is judged."""

import pytest

from runs.specs import changed_config, check_spec, effective_config, objective_of

BY_STEPS = {"eval_strategy": "steps", "save_strategy": "steps"}

#: A name that is no built-in recipe's may be one that a worker reported.
pytestmark = pytest.mark.django_db


def spec(params=None, args=None, recipe="digits-vit"):
    return {"recipe": recipe, "params": params or {}, "args": args or {}}


def test_an_example_runs_as_it_is():
    assert check_spec(spec()) == {}


def test_params_and_args_may_be_left_out():
    assert check_spec({"recipe": "digits-vit"}) == {}


@pytest.mark.parametrize(
    ("args", "field"),
    [
        ({"learning_rate": -1e-3}, "args.learning_rate"),
        ({"learning_rate": 0}, "args.learning_rate"),
        ({"learning_rate": float("nan")}, "args.learning_rate"),
        ({"per_device_train_batch_size": 0}, "args.per_device_train_batch_size"),
        ({"num_train_epochs": 0}, "args.num_train_epochs"),
        ({"max_steps": 0}, "args.max_steps"),
        (
            {"eval_strategy": "steps", "eval_steps": 50, "save_strategy": "steps", "save_steps": 75},
            "args.save_steps",
        ),
        ({"eval_strategy": "no"}, "args.eval_strategy"),
        ({"output_dir": "/etc"}, "args.output_dir"),
        ({"lerning_rate": 1e-3}, "args.lerning_rate"),
        ({"seed": "42"}, "args.seed"),
    ],
)
def test_an_impossible_argument_is_named_at_its_field(args, field):
    assert list(check_spec(spec(args=args))) == [field]


def test_an_impossible_parameter_is_named_at_its_field():
    assert list(check_spec(spec(params={"hidden_size": 0, "widht": 3}))) == [
        "params.hidden_size",
        "params.widht",
    ]


@pytest.mark.parametrize(
    ("broken", "field"),
    [
        (None, "recipe"),
        ([], "recipe"),
        ({}, "recipe"),
        ({"recipe": 3}, "recipe"),
        ({"recipe": "digits-vitt"}, "recipe"),
        ({"recipe": "digits-vit", "args": [1]}, "args"),
        ({"recipe": "digits-vit", "params": None}, "params"),
        ({"recipe": "digits-vit", "command": "rm"}, "command"),
    ],
)
def test_what_is_no_specification_is_refused_not_crashed_on(broken, field):
    assert list(check_spec(broken)) == [field]


def test_a_misspelt_recipe_gets_the_nearest_name():
    assert "Did you mean digits-vit?" in check_spec(spec(recipe="digits-vitt"))["recipe"]


def test_effective_config_is_trainer_default_then_recipe_then_spec():
    config = effective_config(spec(params={"hidden_size": 64}, args={"learning_rate": 1e-3}))
    assert config["recipe"] == "digits-vit"
    assert config["params.hidden_size"] == 64
    assert config["args.learning_rate"] == 1e-3  # the spec's
    assert config["args.num_train_epochs"] == 20  # the recipe's
    assert config["args.seed"] == 42  # the Trainer's


def test_changed_config_leaves_out_what_equals_the_default():
    given = spec(params={"hidden_size": 64}, args={"learning_rate": 1e-3, "num_train_epochs": 20})
    assert changed_config(given) == {"args.learning_rate": 1e-3}


def test_a_run_of_a_recipe_that_is_gone_still_shows_what_was_set():
    gone = spec(recipe="gone", args={"learning_rate": 1e-3})
    assert effective_config(gone) == {"recipe": "gone", "args.learning_rate": 1e-3}


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ({}, ("eval/accuracy", True)),
        ({"metric_for_best_model": "eval_loss", "greater_is_better": False}, ("eval/loss", False)),
        ({"metric_for_best_model": None, "greater_is_better": None}, ("eval/loss", False)),
        ({"metric_for_best_model": "f1", "greater_is_better": None}, ("eval/f1", True)),
    ],
)
def test_the_objective_is_a_series_key_with_a_direction(args, expected):
    assert objective_of(spec(args=args)) == expected
