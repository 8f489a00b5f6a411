"""The grid over a search space."""

import pytest

from runs.specs import spec_with
from runs.sweeps.grid import MAX_TRIALS, grid, grid_size, space_problems

SPACE = {"args.learning_rate": [1e-3, 2e-3], "args.seed": [1, 2, 3]}


def test_the_last_field_varies_fastest():
    assert grid(SPACE) == [
        {"args.learning_rate": rate, "args.seed": seed} for rate in (1e-3, 2e-3) for seed in (1, 2, 3)
    ]
    assert grid_size(SPACE) == 6


def test_a_value_given_twice_is_tried_once():
    assert grid({"args.seed": [1, 1, 2]}) == [{"args.seed": 1}, {"args.seed": 2}]


@pytest.mark.parametrize(
    ("space", "field"),
    [
        ({}, "sweep"),
        ({"args.seed": []}, "args.seed"),
        ({"args.seed": 3}, "args.seed"),
        ({"args.seed": [[1]]}, "args.seed"),
        ({"recipe": ["a", "b"]}, "recipe"),
        ({"args.seed": list(range(MAX_TRIALS + 1))}, "args.seed"),
        ({"args.seed": list(range(50)), "args.learning_rate": list(range(11))}, "sweep"),
    ],
)
def test_what_cannot_be_swept_is_named(space, field):
    assert list(space_problems(space)) == [field]


def test_too_many_trials_are_told_with_the_sum():
    space = {"args.seed": list(range(30)), "args.data_seed": list(range(20))}
    assert space_problems(space)["sweep"].startswith("30 × 20 = 600 trials; the most is 500.")


def test_a_full_grid_of_the_allowed_size_passes():
    assert space_problems({"args.seed": list(range(MAX_TRIALS))}) == {}


def test_a_trial_overrides_and_the_base_stays_as_it_was():
    base = {"recipe": "r", "params": {"a": 1}, "args": {"seed": 1}}
    trial = spec_with(base, {"args.seed": 2, "params.b": 3})
    assert trial == {"recipe": "r", "params": {"a": 1, "b": 3}, "args": {"seed": 2}}
    assert base == {"recipe": "r", "params": {"a": 1}, "args": {"seed": 1}}
