import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as known

from runs.stats import Mean, mean_of, means_of, needed, welch
from runs.student import t_quantile, two_sided_p

VALUES = st.lists(st.floats(-1e3, 1e3).map(lambda value: round(value, 3)), min_size=2, max_size=12)
FREEDOM = st.floats(0.5, 1e5)


def mean(values):
    found = mean_of(np.array(values))
    assert found is not None
    return found


def test_mean_with_its_interval():
    found = mean([1.0, 2.0, 3.0, math.nan, math.inf])
    assert (found.n, found.mean, found.low, found.high, found.spread) == (3, 2.0, 1.0, 3.0, 1.0)
    # Two degrees of freedom, standard deviation 1.
    assert found.half == pytest.approx(4.302653 / math.sqrt(3))


def test_one_value_has_no_interval_and_none_no_mean():
    assert mean([0.5]).half is None
    assert mean_of(np.array([math.nan])) is None


@given(st.floats(0, 300), FREEDOM)
def test_two_sided_p_is_that_of_scipy(t, freedom):
    assert two_sided_p(t, freedom) == pytest.approx(2 * known.t.sf(t, freedom), rel=1e-8, abs=1e-12)


@given(st.sampled_from((0.6, 0.9, 0.95, 0.99)), FREEDOM)
def test_quantile_is_that_of_scipy(level, freedom):
    assert t_quantile(level, freedom) == pytest.approx(known.t.ppf((1 + level) / 2, freedom), rel=1e-8)


@given(VALUES, st.sampled_from((0.9, 0.95, 0.99)))
def test_interval_of_a_mean_is_that_of_scipy(values, level):
    found = mean_of(np.array(values), level)
    assert found is not None
    if found.spread == 0:
        assert (found.mean, found.half) == (values[0], 0)
        return
    low, high = known.t.interval(level, len(values) - 1, np.mean(values), known.sem(values))
    assert (found.mean - found.half, found.mean + found.half) == pytest.approx(
        (low, high), rel=1e-7, abs=1e-9
    )


@given(VALUES, VALUES, st.sampled_from((0.9, 0.95, 0.99)))
def test_welch_is_that_of_scipy(base, other, level):
    found = welch(mean(base), mean(other), level)
    assert found is not None
    if len(set(base)) == len(set(other)) == 1:
        assert (found.low, found.high, found.p) == (other[0] - base[0], other[0] - base[0], None)
        return
    test = known.ttest_ind(other, base, equal_var=False)
    interval = test.confidence_interval(level)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high), rel=1e-6, abs=1e-8)
    assert found.p == pytest.approx(test.pvalue, rel=1e-6, abs=1e-9)
    # Interval and p say the same, but where the two are a rounding apart.
    if abs(test.pvalue - (1 - level)) > 1e-6:
        assert found.is_within_noise == (test.pvalue > 1 - level)


def test_single_values_are_not_tested():
    assert welch(mean([1.0]), mean([1.0, 2.0])) is None
    assert welch(mean([1.0, 2.0]), mean([1.0])) is None


def power_of(n, gap, spread):
    """How likely a t-test with ``n`` values each shows ``gap``, by the noncentral t distribution."""
    freedom, off = 2 * n - 2, gap / (spread * math.sqrt(2 / n))
    limit = known.t.ppf(0.975, freedom)
    return known.nct.sf(limit, freedom, off) + known.nct.cdf(-limit, freedom, off)


@pytest.mark.parametrize("gap", [0.2, 0.35, 0.5, 0.8, 1.0, 1.5])
def test_needed_seeds_have_the_power_that_is_said(gap):
    n = needed(Mean(3, 0.0, 1.0, 0, 0, 1.0), Mean(3, gap, 1.0, 0, 0, 1.0))
    assert n is not None
    assert power_of(n - 2, gap, 1.0) < 0.8 < power_of(n + 1, gap, 1.0)


def test_no_number_of_seeds_shows_no_difference_or_next_to_none():
    same = Mean(3, 0.5, 0.1, 0, 1, 0.1)
    assert needed(same, same) is None
    assert needed(same, Mean(3, 0.5001, 0.1, 0, 1, 0.1)) is None


def test_means_of_several_stretches_are_those_of_each_alone():
    stretches = [[1.0, 2.0, 4.0], [math.nan], [0.5], [math.inf, 3.0, 3.0], [-1e-9, 1e9]]
    begins = np.cumsum([0, *map(len, stretches[:-1])])
    found = means_of(np.concatenate(stretches), begins)
    assert found == [mean_of(np.array(stretch)) for stretch in stretches]
    assert [each.n if each else 0 for each in found] == [3, 0, 1, 2, 2]
    assert found[0].spread == pytest.approx(np.std(stretches[0], ddof=1))
