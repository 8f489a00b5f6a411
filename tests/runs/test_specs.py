"""Specifications: what is refused, what a run comes to, by what it is judged."""

import pytest

from runs.specs import (
    changed_config,
    check_points,
    check_spec,
    effective_config,
    objective_of,
    spec_cautions,
    spec_with,
)
from runs.sweeps.checks import sweep_problems
from runs.sweeps.grid import grid
from runs.workers import record_heartbeat

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


POINTS = grid(
    {
        "args.eval_strategy": ["no", "steps", "often"],
        "args.save_steps": [500, 0, 75],
        "params.hidden_size": [64, 5],
        "trainer.early_stopping": [True, False],
    }
)


@pytest.mark.parametrize("given", [{}, {"eval_steps": 50, "seed": -1, "sed": 2, "save_strategy": "steps"}])
def test_the_points_of_a_sweep_are_judged_like_specs(given):
    base = spec(args=given)
    found = {}
    for point in POINTS:
        found = check_spec(spec_with(base, point)) | found
    assert check_points(base, POINTS) == found
    assert {"args.eval_strategy", "args.save_steps", "params.hidden_size"} <= found.keys()


def test_a_sweep_over_what_is_no_field_says_so():
    assert list(check_points(spec(), [{"args.sed": 1}, {"args.sed": 2}])) == ["args.sed"]
    assert list(check_points(spec(recipe="nope"), [{"args.seed": 1}])) == ["recipe"]


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


def test_what_trainboard_sets_itself_is_refused_with_the_reason():
    problems = check_spec(
        spec(args={"output_dir": "/etc", "hub_token": "x", "do_train": True, "trackio_new": 1})
    )
    assert problems == {
        "args.output_dir": "output_dir is set by Trainboard. Each run has a folder of its own in the data folder.",
        "args.hub_token": "hub_token is set by Trainboard. Checkpoints stay on this machine; export the one you want "
        "under Checkpoints.",
        "args.do_train": "do_train is set by Trainboard. The Trainer does not read it; it is a flag for scripts.",
        "args.trackio_new": "trackio_new is set by Trainboard. Trainboard records the run itself; it reports to no "
        "other tracker.",
    }


@pytest.fixture
def worker(db):
    def make(name, **has):
        record_heartbeat(name, "ready", 1, 0, {"has": {"packages": [], "gpus": 0, "compiler": True, **has}})

    return make


OPTIM = {"optim": "adamw_8bit"}


def test_an_optimizer_that_no_worker_has_is_a_problem(worker):
    worker("a")
    worker("b", packages=["torchao"])
    sentence = "adamw_8bit needs the package bitsandbytes; no worker has it."
    assert check_spec(spec(args=OPTIM)) == {"args.optim": sentence}
    assert spec_cautions(spec(args=OPTIM)) == {}


def test_an_optimizer_that_one_worker_has_not_is_a_caution(worker):
    worker("a")
    worker("b", packages=["bitsandbytes"])
    assert check_spec(spec(args=OPTIM)) == {}
    sentence = "adamw_8bit needs the package bitsandbytes; a has it not."
    assert spec_cautions(spec(args=OPTIM)) == {"args.optim": sentence}


def test_an_argument_without_effect_is_a_caution(db):
    told = spec_cautions(
        {"recipe": "linear-regression", "params": {}, "args": {"learning_rate": 0.5, "seed": 3}}
    )
    assert told.keys() == {"args.learning_rate"}
    assert "an optimizer of its own" in told["args.learning_rate"]


def test_without_a_worker_nobody_knows(db):
    assert check_spec(spec(args=OPTIM)) == {}
    sentence = "adamw_8bit needs the package bitsandbytes on the machine that trains."
    assert spec_cautions(spec(args=OPTIM)) == {"args.optim": sentence}


@pytest.mark.parametrize(
    ("has", "args", "wrong"),
    [
        ({"gpus": 1, "capability": 7.5}, {"bf16": True}, ["args.bf16"]),
        ({"gpus": 1, "capability": 7.5}, {"bf16": True, "use_cpu": True}, []),
        ({"gpus": 1, "capability": 8.0}, {"bf16": True, "tf32": True}, []),
        ({"gpus": 0}, {"bf16": True}, []),
        ({"gpus": 0}, {"tf32": True}, ["args.tf32"]),
        ({"compiler": False}, {"torch_compile_mode": "max-autotune"}, ["args.torch_compile"]),
        ({"packages": ["liger_kernel"]}, {"use_liger_kernel": True}, []),
        ({"packages": ["deepspeed"]}, {"deepspeed": {"train_batch_size": "auto"}}, []),
    ],
)
def test_what_the_machine_must_have(worker, has, args, wrong):
    worker("a", **has)
    assert list(check_spec(spec(args=args))) == wrong


def test_specifications_that_need_nothing_ask_for_no_worker(db, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert check_spec(spec()) == spec_cautions(spec()) == {}


def test_many_trials_ask_for_the_workers_once(worker, django_assert_max_num_queries):
    worker("a", packages=["bitsandbytes"])
    with django_assert_max_num_queries(1):
        assert sweep_problems(spec(args=OPTIM), {"args.seed": list(range(20))}) == {}


def test_folded_arguments_can_be_swept(db):
    space = {
        "args.neftune_noise_alpha": [5.0, 10.0],
        "args.train_sampling_strategy": ["random", "sequential"],
    }
    assert sweep_problems(spec(), space) == {}
    assert list(sweep_problems(spec(), {"args.neftune_noise_alpha": [0]})) == ["args.neftune_noise_alpha"]
