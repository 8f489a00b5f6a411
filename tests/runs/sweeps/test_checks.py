"""What is told before a sweep is launched, and at which field."""

import pytest

from runs.errors import SpecError
from runs.models import Series, Sweep
from runs.sweeps.checks import sweep_cautions, sweep_problems
from runs.sweeps.launch import launch_sweep
from runs.sweeps.plan import SweepPlan, plan_of, plan_of_json
from runs.sweeps.sizes import size

pytestmark = pytest.mark.django_db

SPEC = {"recipe": "digits-vit"}
RATE = {"args.learning_rate": {"low": 1e-4, "high": 1e-2, "scale": "log"}}
TWO = RATE | {"args.weight_decay": {"low": 0, "high": 0.1}}
LIST = {"args.optim": ["adamw_torch", "sgd"]}
CONDITIONAL = LIST | {
    "args.max_grad_norm": {"low": 0, "high": 1, "when": {"field": "args.optim", "in": ["sgd"]}}
}

LOST = RATE | {"args.seed": {"values": [1], "when": {"field": "args.no", "in": [1]}}}


def plan(sampler="tpe", trials=10, **fields):
    return SweepPlan(sampler=sampler, trials=trials, **fields)


@pytest.mark.parametrize("sampler", ["random", "qmc", "tpe", "gp", "cmaes", "nsga2"])
def test_every_sampler_takes_two_ranges(sampler):
    assert sweep_problems(SPEC, TWO, plan(sampler)) == {}


@pytest.mark.parametrize(
    ("space", "how", "field", "part"),
    [
        ({}, plan(), "sweep", "Nothing is swept"),
        (RATE, SweepPlan(), "args.learning_rate", "number of points"),
        (RATE, plan(trials=None), "trials", "how many"),
        (RATE, plan(trials=0), "trials", "from 1"),
        (RATE, plan("simulated annealing"), "sampler", "no sampler"),
        (RATE, plan(sampler_options={"n_startup": 1}), "sampler", "no option"),
        (RATE, plan(sampler_options={"n_startup_trials": -1}), "sampler", "n_startup_trials"),
        (TWO | LIST, plan("cmaes"), "sampler", "args.optim is a list"),
        (RATE, plan("cmaes"), "sampler", "two ranges"),
        (CONDITIONAL, plan("gp"), "sampler", "condition"),
        (RATE, plan("gp", trials=501), "sampler", "500"),
        (RATE, plan(pruner={"kind": "patient"}), "pruner", "no pruner"),
        (RATE, plan(pruner={"kind": "threshold"}), "pruner", "bound"),
        (RATE, plan(pruner={"kind": "threshold", "lower": 2, "upper": 1}), "pruner", "below upper"),
        (RATE, plan(seeds=[1, 1]), "seeds", "twice"),
        (RATE, plan(seeds="x"), "seeds", "list"),
        (RATE | {"args.seed": [1, 2]}, plan(seeds=[1]), "seeds", "swept already"),
        (RATE, plan(parallel=0), "parallel", "from 1"),
        (RATE, plan(budget={"hours": 1}), "budget", "wall_seconds"),
        (RATE, plan(budget={"target": "high"}), "budget", "number"),
        (RATE, plan(checkpoint_budget={"best": 2, "rest": "all"}), "checkpoint_budget", "weights"),
        (RATE, plan(objectives=[{"metric": "eval/f1"}]), "objective", "written"),
        (RATE, plan(constraints=["learning_rate > 1"]), "constraints", "None of"),
        (LIST, SweepPlan(constraints=["optim == 'adam'"]), "constraints", "No point"),
        (RATE, plan(constraints=["learning_rate >"]), "constraints", "cannot be read"),
        ({"args.optim": {"low": 0, "high": 1}}, plan(), "args.optim", "text"),
        ({"args.logging_steps": {"low": 0.5, "high": 1.5}}, plan(), "args.logging_steps", ""),
        (
            RATE | {"args.seed": {"values": [1], "when": {"field": "args.no", "in": [1]}}},
            plan(),
            "args.seed",
            "no field",
        ),
        (
            LIST | {"args.seed": {"values": [1], "when": {"field": "args.optim", "in": ["x"]}}},
            plan(),
            "args.seed",
            "Is never tried",
        ),
    ],
)
def test_what_cannot_be_launched_is_told_at_its_field(space, how, field, part):
    problems = sweep_problems(SPEC, space, how)
    assert list(problems) == [field]
    assert part in problems[field]


def test_a_sampler_that_does_not_fit_is_told_together_with_missing_trials():
    problems = sweep_problems(SPEC, LIST, plan(sampler="cmaes", trials=None))
    assert problems.keys() == {"sampler", "trials"}


def test_a_field_without_effect_cannot_be_swept():
    own = {"recipe": "linear-regression", "params": {}, "args": {}}
    problems = sweep_problems(own, RATE | {"params.sgd_lr": [0.01, 0.1]}, plan())
    assert problems.keys() == {"args.learning_rate"}
    assert "an optimizer of its own" in problems["args.learning_rate"]


def test_trials_on_data_of_their_own_are_a_caution():
    space = {"data.source": ["a", "b"]}
    assert list(sweep_cautions({"recipe": "text-classification"}, space)) == ["data.source"]
    assert sweep_cautions({"recipe": "text-classification", "data": {"eval_source": "c"}}, space) == {}
    assert sweep_cautions(SPEC, RATE) == {}


def test_pruning_goes_by_one_objective():
    both = [{"metric": f"eval/{name}", "greater_is_better": True} for name in ("accuracy", "loss")]
    assert (
        "one objective"
        in sweep_problems(SPEC, RATE, plan(objectives=both, pruner={"kind": "asha"}))["pruner"]
    )


def test_an_objective_that_no_evaluation_reports(make_run):
    how = plan(objectives=[{"metric": "eval/f1", "greater_is_better": True}])
    assert sweep_problems(SPEC, RATE, how) == {}
    Series.objects.create(run=make_run(), key="eval/accuracy")
    assert "eval/accuracy" in sweep_problems(SPEC, RATE, how)["objective"]
    silent = SPEC | {"args": {"eval_strategy": "no", "load_best_model_at_end": False}}
    assert "No evaluation happens" in sweep_problems(silent, RATE, plan())["objective"]


def test_a_sampler_that_makes_its_trials_later_queues_nothing_at_launch(project):
    sweep = launch_sweep(project, SPEC, RATE, plan=plan(seeds=[1, 2], pruner={"kind": "asha"}))
    sweep = Sweep.objects.get(pk=sweep.pk)
    assert (sweep.runs.count(), sweep.state, sweep.trials_wanted) == (0, "running", 10)
    assert sweep.objectives == [{"metric": "eval/accuracy", "greater_is_better": True}]
    assert plan_of(sweep) == plan(seeds=[1, 2], pruner={"kind": "asha"}, objectives=sweep.objectives)


def test_a_grid_with_seeds_is_queued_whole(project):
    sweep = launch_sweep(project, SPEC, LIST, plan=SweepPlan(seeds=[1, 2]))
    told = [(run.trial, run.name[-3:], run.spec["args"]) for run in sweep.runs.order_by("mark")]
    assert told[:2] == [
        (0, "-s1", {"optim": "adamw_torch", "seed": 1}),
        (0, "-s2", {"optim": "adamw_torch", "seed": 2}),
    ]
    assert len(told) == 4
    assert Sweep.objects.get(pk=sweep.pk).next_trial == 2


def test_a_grid_in_parallel_keeps_its_points_for_later(project):
    sweep = launch_sweep(project, SPEC, LIST, plan=SweepPlan(parallel=1, constraints=["optim != 'sgd'"]))
    assert (sweep.runs.count(), sweep.points) == (0, [{"args.optim": "adamw_torch"}])


@pytest.mark.parametrize(
    ("space", "how", "told"),
    [
        (LIST | {"args.seed": [1, 2, 3]}, SweepPlan(), (6, "2 × 3 = 6 trials")),
        (LIST, SweepPlan(seeds=[1, 2, 3]), (6, "2 trials × 3 seeds = 6 runs")),
        (RATE, plan(trials=40), (40, "40 trials")),
        (RATE, plan(trials=None), (0, "")),
        (LIST | {"args.seed": [1, 2, 3]}, plan(trials=40), (6, "all 6 trials there are")),
        (
            LIST | {"args.seed": [1, 2, 3]},
            plan(trials=40, constraints=["seed != 2"]),
            (4, "all 4 trials there are"),
        ),
        (LIST, plan(trials=9, seeds=[1, 2, 3]), (6, "all 2 trials there are × 3 seeds = 6 runs")),
        (
            {"args.seed": {"low": 0, "high": 100, "step": 50, "int": True}},
            plan(trials=9),
            (3, "all 3 trials there are"),
        ),
        ({"args.seed": {"low": 0, "high": 9**9, "int": True}}, plan(trials=9), (9, "9 trials")),
        (LIST | {"args.seed": [1, 2, 3]}, SweepPlan(constraints=["seed != 2"]), (4, "4 trials")),
        (LIST | {"args.seed": [1, 2, 3]}, SweepPlan(trials=5), (5, "5 trials")),
        (CONDITIONAL | {"args.max_grad_norm": {"low": 0, "high": 1}}, SweepPlan(), (0, "2 × 0 = 0 trials")),
        ({"args.seed": {"low": 1}}, SweepPlan(), (0, "")),
    ],
)
def test_the_size_is_told(space, how, told):
    assert size(space, how) == told


def test_a_plan_as_people_write_it():
    assert plan_of_json(
        {"sampler": {"kind": "tpe", "n_startup_trials": 5}, "pruner": "asha", "trials": 9}
    ) == plan(trials=9, sampler_options={"n_startup_trials": 5}, pruner={"kind": "asha"})
    assert plan_of_json(plan(seeds=[3]).to_json()) == plan(seeds=[3])
    with pytest.raises(SpecError, match="no “trails”"):
        plan_of_json({"trails": 3})
