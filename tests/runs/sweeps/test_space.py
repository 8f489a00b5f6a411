"""Distributions as they are written, and points of them."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runs.sweeps.draw import Drawer
from runs.sweeps.grid import grid, grid_size, space_problems
from runs.sweeps.space import Choices, Range, SpaceError, grid_points, read_distribution, read_space

RATE = "args.learning_rate"


def test_a_list_and_an_object_of_values_say_the_same():
    assert read_distribution([1, 2]) == read_distribution({"values": [1, 2]}) == Choices((1, 2))


@pytest.mark.parametrize(
    ("given", "points"),
    [
        ({"low": 1, "high": 5, "int": True}, [1, 2, 3, 4, 5]),
        ({"low": 0.1, "high": 0.5, "step": 0.2}, [0.1, 0.3, 0.5]),
        ({"low": 0, "high": 1, "count": 3}, [0.0, 0.5, 1.0]),
        ({"low": 1e-4, "high": 1e-2, "scale": "log", "count": 3}, [1e-4, 1e-3, 1e-2]),
        ({"low": 1, "high": 100, "scale": "log", "int": True, "count": 3}, [1, 10, 100]),
        ({"low": 0, "high": 10, "step": 4, "count": 2}, [0.0, 8.0]),
        ({"low": 0, "high": 1}, []),
    ],
)
def test_what_a_grid_takes_of_a_range(given, points):
    assert read_distribution(given).points() == points


@pytest.mark.parametrize(
    ("given", "part"),
    [
        ({}, "both ends"),
        ({"low": 1}, "both ends"),
        ({"low": 2, "high": 1}, "Swap them"),
        ({"low": 1, "high": 1}, "the same"),
        ({"low": 0, "high": 1, "scale": "log"}, "above 0"),
        ({"low": 0, "high": 1, "scale": "cubic"}, "linear or log"),
        ({"low": 1, "high": 2, "scale": "log", "step": 0.1}, "no step"),
        ({"low": 0, "high": 1, "step": 2}, "step must be"),
        ({"low": 0.5, "high": 3, "int": True}, "whole ends"),
        ({"low": float("nan"), "high": 1}, "finite"),
        ({"low": "a", "high": 1}, "finite"),
        ({"low": 0, "high": 1, "count": 1}, "2 to 500"),
        ({"low": 0, "high": 1, "hihg": 3}, "hihg"),
        ({"values": [1], "low": 0}, "not both"),
        ({"values": []}, "no values"),
        ({"values": [1], "when": {"field": "x"}}, "condition is written"),
        ({"values": [1], "when": {"field": "x", "in": []}}, "names no value"),
    ],
)
def test_what_is_no_distribution_is_told(given, part):
    assert part in space_problems({RATE: given})[RATE]


CONDITIONAL = {
    "params.momentum": {"values": [0.5, 0.9], "when": {"field": "args.optim", "in": ["sgd"]}},
    "args.optim": ["adamw_torch", "sgd"],
}


def test_a_field_comes_after_the_one_it_depends_on():
    assert list(read_space(CONDITIONAL)) == ["args.optim", "params.momentum"]
    assert grid(CONDITIONAL) == [
        {"args.optim": "adamw_torch"},
        {"args.optim": "sgd", "params.momentum": 0.5},
        {"args.optim": "sgd", "params.momentum": 0.9},
    ]
    assert grid_size(CONDITIONAL) == 3


def test_conditions_in_a_circle_are_told():
    space = {
        "args.a": {"values": [1, 2], "when": {"field": "args.b", "in": [1]}},
        "args.b": {"values": [1, 2], "when": {"field": "args.a", "in": [1]}},
    }
    with pytest.raises(SpaceError, match="circle"):
        read_space(space)


def test_a_condition_on_a_field_that_is_not_searched():
    space = read_space({"params.momentum": CONDITIONAL["params.momentum"]})
    assert list(grid_points(space, {"args.optim": "adamw_torch"})) == [{}]
    assert len(list(grid_points(space, {"args.optim": "sgd"}))) == 2


_ENDS = st.tuples(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6)).map(lambda pair: (pair[0], pair[0] + pair[1]))


@settings(max_examples=30)
@given(ends=_ENDS, count=st.integers(2, 40), seed=st.integers(0, 9))
def test_points_and_draws_lie_in_the_range(ends, count, seed):
    found = Range(*ends, count=count)
    points = found.points()
    assert points == sorted(points)
    assert len(points) == count
    drawn = Drawer({"args.x": found}).draw(random.Random(seed))["args.x"]
    slack = 1e-9 * max(map(abs, ends))
    assert all(ends[0] - slack <= value <= ends[1] + slack for value in (*points, drawn))


def test_draws_follow_conditions():
    drawer = Drawer(read_space(CONDITIONAL))
    rng = random.Random(1)
    points = [drawer.draw(rng) for _ in range(50)]
    assert {("params.momentum" in point, point["args.optim"]) for point in points} == {
        (True, "sgd"),
        (False, "adamw_torch"),
    }
