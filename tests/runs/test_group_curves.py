"""Curves of groups of seeds: means with bands, aligned by x."""

import math

import numpy as np
import pytest
from scipy.stats import t

from runs.group_curves import group_curves
from runs.series import append
from tests.runs.checkpoints.folders import new_run
from trainer_bridge.protocol import Metrics

pytestmark = pytest.mark.django_db
KEY = "eval/f1"


def run_with(points, key=KEY, begin=1000.0):
    """A run that measured {step: value}."""
    run = new_run()
    append(
        run.pk, 1, [Metrics(step=s, time=begin + s, epoch=s / 10, values={key: v}) for s, v in points.items()]
    )
    return run.pk


def curve_of(*runs, **asked):
    (found,) = group_curves([runs], [KEY], **asked)
    return found


def test_seeds_that_measure_at_the_same_steps_are_compared_at_exactly_these():
    values = np.array([[0.5, 0.7], [0.6, 0.8], [0.4, 0.9]])
    found = curve_of(*(run_with(dict(zip((10, 20), row, strict=True))) for row in values))
    assert found.x.tolist() == found.step.tolist() == [10, 20]
    assert found.n.tolist() == [3, 3]
    assert found.mean == pytest.approx(values.mean(axis=0))
    half = t.ppf(0.975, 2) * values.std(axis=0, ddof=1) / math.sqrt(3)
    assert found.high - found.mean == pytest.approx(half)
    assert found.mean - found.low == pytest.approx(half)


def test_between_its_own_points_a_seed_counts_on_the_straight_line_but_not_outside_of_them():
    found = curve_of(run_with({0: 0.0, 10: 1.0}), run_with({5: 0.7, 15: 0.9}))
    assert found.x.tolist() == [0, 5, 10, 15]
    assert found.n.tolist() == [1, 2, 2, 1]
    assert found.mean == pytest.approx([0.0, 0.6, 0.9, 0.9])
    assert np.isnan(found.low).tolist() == [True, False, False, True]


def test_nan_and_infinity_are_gaps_that_no_line_crosses():
    found = curve_of(run_with({0: 1.0, 10: math.nan, 20: 3.0}), run_with({0: 1.0, 5: 1.0, 20: math.inf}))
    assert found.x.tolist() == [0, 5, 10, 20]
    assert found.n.tolist() == [2, 1, 0, 1]
    assert found.mean[[0, 1, 3]].tolist() == [1.0, 1.0, 3.0]
    assert math.isnan(found.mean[2])


def test_the_level_makes_the_band_wider_and_relative_time_aligns_runs_of_other_days():
    runs = run_with({0: 0.5, 10: 0.6}), run_with({0: 0.7, 10: 0.9}, begin=90_000.0)
    found = curve_of(*runs, x="relative")
    assert (found.x.tolist(), found.n.tolist()) == ([0, 10], [2, 2])
    assert (curve_of(*runs, level=0.99).high > curve_of(*runs, level=0.9).high).all()


def test_long_curves_are_thinned_out_with_both_ends():
    found = curve_of(*(run_with({step: step / 500 for step in range(500)}) for _ in range(2)), max_points=50)
    assert (len(found.x), found.x[0], found.x[-1], found.count, found.exact) == (50, 0, 499, 500, False)


def test_a_group_without_the_series_has_no_curve_and_others_keep_their_place():
    found = group_curves([[run_with({1: 1.0}, "eval/loss")], [run_with({1: 1.0})]], [KEY])
    assert [(curve.group, curve.key) for curve in found] == [(1, KEY)]


def test_rest_gives_bands_and_refuses_other_intervals(owner_client):
    runs = [run_with({10: 0.5}), run_with({10: 0.7})]
    address = f"/api/v1/series/groups?groups={','.join(runs)};{runs[0]}&keys={KEY}"
    both, alone = owner_client.get(address).json()["series"]
    assert (both["group"], alone["group"], both["count"]) == (0, 1, 1)
    assert set(both) >= {"x", "y", "low", "high", "n", "step"}
    assert owner_client.get(f"{address}&ci=80").json()["error"].startswith("ci is 90, 95, 99 percent")
