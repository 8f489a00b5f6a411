"""What is left out must not be missed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runs.series.downsample import choose, outline


def noise(n, seed=0):
    return np.random.default_rng(seed).normal(0, 1, n)


@pytest.mark.parametrize("n", [1501, 2999, 5003, 100_000])
@pytest.mark.parametrize("place", [0, 1, 0.31, 0.5, -2, -1])
def test_a_spike_of_one_point_stays_wherever_it_is(n, place):
    values = noise(n)
    at = int(place * n) if isinstance(place, float) else place % n
    values[at] = 50
    kept = choose(values, 1500)
    assert at in kept
    assert len(kept) <= 1500


def test_a_column_that_begins_at_an_odd_byte():
    values = noise(5000)
    shifted = np.frombuffer(b"x" + values.tobytes(), "<f8", offset=1)
    assert not shifted.flags.aligned
    assert choose(shifted, 1500).tolist() == choose(values, 1500).tolist()


def test_two_opposite_spikes_side_by_side_both_stay():
    values = noise(100_000)
    values[4321], values[4322] = 50, -50
    assert {4321, 4322} <= set(choose(values, 300).tolist())


@given(st.integers(5, 3000), st.integers(8, 200), st.integers(0, 2**32), st.floats(0, 1))
@settings(max_examples=60)
def test_ends_extremes_and_the_limit_hold_for_any_series(n, most, seed, odd):
    rng = np.random.default_rng(seed)
    values = rng.normal(0, 1, n)
    values[rng.random(n) < odd] = rng.choice([np.nan, np.inf, -np.inf])
    kept = np.arange(n)[choose(values, most)]
    assert len(kept) <= most
    assert (np.diff(kept) > 0).all()
    assert (kept[0], kept[-1]) == (0, n - 1)
    finite = np.isfinite(values)
    if finite.any():
        assert values[kept][finite[kept]].max() == values[finite].max()
        assert values[kept][finite[kept]].min() == values[finite].min()


def test_gaps_stay_gaps():
    values = noise(50_000)
    values[10_000:30_000] = np.nan
    values[40_000] = np.nan
    kept = choose(values, 500)
    assert {10_000, 29_999, 40_000} <= set(kept.tolist())
    assert not np.isfinite(values[kept][(kept >= 10_000) & (kept < 30_000)]).any()


def test_infinity_does_not_hide_the_finite_extremes():
    values = noise(50_000)
    values[20_000], values[20_001] = np.inf, 77
    kept = choose(values, 500)
    assert {20_000, 20_001} <= set(kept.tolist())


def test_few_points_are_all_kept():
    assert choose(noise(1500), 1500) == slice(None)


def test_an_outline_has_every_bins_extremes_and_the_first_and_last_in_each_order():
    values, steps = noise(10_000), np.arange(10_000)
    steps[[0, 5000]] = 5000, 0  # the first step arrived in the middle
    values[7777] = 40
    kept = set(outline(values, steps).tolist())
    assert {0, 5000, 7777, 9999} <= kept
    assert len(kept) < 10_000 / 16
