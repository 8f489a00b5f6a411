"""The Pareto front: every objective counts, in its own direction."""

import random

import pytest

from runs.models import Sweep
from runs.sweeps.front import front
from runs.sweeps.trial_rows import Objective, SweepRows, TrialRow

F1, LOSS, TIME = Objective("f1", True), Objective("loss", False), Objective("time", False)


def found(objectives, *values) -> SweepRows:
    rows = [
        TrialRow(number, "r", "t", "finished", False, 1, None, None, {}, given, (), ())
        for number, given in enumerate(values)
    ]
    return SweepRows(Sweep(), objectives, rows)


def test_two_objectives_in_their_directions():
    assert front(found([F1, LOSS], (0.9, 0.5), (0.8, 0.4), (0.7, 0.6), (0.9, 0.6))) == {0, 1}


def test_a_third_objective_keeps_what_two_would_drop():
    values = (0.9, 0.5, 20.0), (0.8, 0.6, 10.0), (0.8, 0.6, 30.0)
    assert front(found([F1, LOSS, TIME], *values)) == {0, 1}


def test_equal_trials_are_all_on_it_and_unmeasured_ones_are_not():
    assert front(found([F1, LOSS], (0.9, 0.5), (0.9, 0.5), (None, 0.1), (0.95, None))) == {0, 1}
    assert front(found([F1, LOSS])) == set()


@pytest.mark.parametrize("seed", range(5))
def test_it_is_what_comparing_every_pair_gives(seed):
    rng = random.Random(seed)
    values = [tuple(rng.randint(0, 5) / 5 for _ in range(3)) for _ in range(60)]
    goods = [(f1, -loss, -time) for f1, loss, time in values]

    def is_beaten(one):
        return any(other != one and all(a >= b for a, b in zip(other, one, strict=True)) for other in goods)

    assert front(found([F1, LOSS, TIME], *values)) == {
        number for number, one in enumerate(goods) if not is_beaten(one)
    }
