"""What samplers suggest, always from a study that was rebuilt from rows."""

import json

import pytest

from runs.sweeps.study.methods import derived_seed
from runs.sweeps.study.suggest import suggest

RANGES = {"args.x": {"low": -5, "high": 10}, "args.y": {"low": 0, "high": 15}}
DISCRETE = {"args.n": {"low": 1, "high": 3, "int": True}, "args.kind": ["a", "b"]}
CONDITIONAL = {
    "args.optim": ["adam", "sgd"],
    "args.momentum": {"low": 0, "high": 1, "when": {"field": "args.optim", "in": ["sgd"]}},
    "args.rate": {"low": 1e-4, "high": 1, "scale": "log"},
}


def slow(*samplers):
    return [pytest.param(sampler, marks=pytest.mark.slow) for sampler in samplers]


#: GP imports torch, which takes seconds.
SAMPLERS = ["random", "qmc", "tpe", "cmaes", "nsga2", *slow("gp")]


def request(sampler, trials=(), *, space=RANGES, count=1, seed=1, **fields):
    return {
        "name": "s",
        "directions": ["minimize"],
        "space": space,
        "fixed": {},
        "constraints": [],
        "sampler": sampler,
        "options": {},
        "seed": seed,
        "pruner": {"kind": "none"},
        "trials": list(trials),
        "next": len(trials),
        "count": count,
        **fields,
    }


def bowl(point):
    return sum((value - 3) ** 2 for value in point.values() if isinstance(value, int | float))


#: Few trials until a sampler learns, so that few trials show it.
SOON = {"tpe": {"n_startup_trials": 4}, "gp": {"n_startup_trials": 4}, "nsga2": {"population_size": 4}}


def searched(sampler, count, *, function=bowl, **fields):
    """``count`` trials one after the other, each through JSON as our tables keep it."""
    trials = []
    fields.setdefault("options", SOON.get(sampler, {}))
    for number in range(count):
        answer = suggest(json.loads(json.dumps(request(sampler, trials, **fields))))
        if not answer:
            break
        point, attrs = answer[0]["point"], answer[0]["attrs"]
        values = function(point)
        values = values if isinstance(values, list) else [values]
        trials.append(
            {
                "number": number,
                "state": "complete",
                "params": point,
                "values": values,
                "system": attrs,
                "reports": [],
            }
        )
    return trials


def points(trials):
    return [json.dumps(trial["params"], sort_keys=True) for trial in trials]


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_no_sampler_repeats_a_point_because_the_study_was_rebuilt(sampler):
    trials = searched(sampler, 12)
    assert len(set(points(trials))) == 12
    assert all(-5 <= trial["params"]["args.x"] <= 10 for trial in trials)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_the_same_seed_and_results_give_the_same_suggestions(sampler):
    first, again, other = (searched(sampler, 9, seed=seed) for seed in (3, 3, 4))
    assert points(first) == points(again) != points(other)


@pytest.mark.parametrize("sampler", ["tpe", "qmc", *slow("random", "nsga2")])
def test_a_discrete_space_is_tried_whole_and_nothing_twice(sampler):
    trials = searched(sampler, 9, space=DISCRETE)
    assert len(trials) == len(set(points(trials))) == 6


@pytest.mark.parametrize("sampler", ["tpe", "qmc", *slow("random", "nsga2")])
def test_a_conditional_field_is_there_only_when_its_condition_holds(sampler):
    trials = searched(sampler, 10, space=CONDITIONAL)
    kinds = {(trial["params"]["args.optim"], "args.momentum" in trial["params"]) for trial in trials}
    assert kinds == {("adam", False), ("sgd", True)}


@pytest.mark.parametrize("sampler", ["tpe", "qmc", *slow("random", "cmaes", "nsga2")])
def test_constraints_hold_at_every_point(sampler):
    trials = searched(sampler, 8, constraints=["x + y < 5"])
    assert len(trials) == 8
    assert all(trial["params"]["args.x"] + trial["params"]["args.y"] < 5 for trial in trials)


def test_a_narrow_constraint_is_met_by_draws_and_one_that_nothing_meets_gives_nothing():
    assert searched("tpe", 2, constraints=["abs(x - 3) < 0.01"])[0]["system"] == {"trainboard:drawn": True}
    assert suggest(request("tpe", constraints=["x > 11"])) == []


def test_several_at_once_differ_and_are_those_of_one_after_the_other_when_nothing_is_learned():
    answers = suggest(request("random", count=6))
    assert len({json.dumps(one["point"]) for one in answers}) == 6
    assert [one["point"] for one in answers] == [trial["params"] for trial in searched("random", 6)]


def test_trials_that_run_are_not_suggested_again():
    space = {"args.kind": ["a", "b", "c"]}
    first = suggest(request("tpe", space=space, count=2))
    running = [
        {"number": n, "state": "running", "params": one["point"], "values": None, "system": {}, "reports": []}
        for n, one in enumerate(first)
    ]
    third = suggest(request("tpe", running, space=space))
    assert len({json.dumps(one["point"]) for one in first + third}) == 3


@pytest.mark.parametrize("sampler", ["tpe", "nsga2"])
def test_several_objectives(sampler):
    trials = searched(
        sampler,
        10,
        function=lambda point: [point["args.x"] ** 2, (point["args.x"] - 2) ** 2],
        directions=["minimize", "minimize"],
    )
    assert len(set(points(trials))) == 10


def test_what_lies_outside_of_a_changed_space_is_not_learned_from():
    trials = searched("tpe", 12, space={"args.kind": ["a", "b", "c"], "args.x": RANGES["args.x"]})
    narrow = {"args.kind": ["a", "b"], "args.x": {"low": 0, "high": 1}}
    (answer,) = suggest(request("tpe", trials, space=narrow))
    assert answer["point"]["args.kind"] in ("a", "b")
    assert 0 <= answer["point"]["args.x"] <= 1


def test_tpe_learns():
    assert min(trial["values"][0] for trial in searched("tpe", 24)) < 1


def test_cma_es_keeps_its_state_with_the_trials():
    trials = searched("cmaes", 16)
    assert any(key.startswith("cma:optimizer") for trial in trials for key in trial["system"])
    assert max(trial["system"].get("cma:generation", 0) for trial in trials) >= 2


def test_seeds_are_derived_and_differ():
    assert len({derived_seed(1, number, attempt) for number in range(50) for attempt in range(4)}) == 200
    assert derived_seed(1, 2, 3) == derived_seed(1, 2, 3) < 2**31
