import math

import numpy as np
import pytest

from runs.stats import mean_of, t95


def test_mean_with_its_interval():
    found = mean_of(np.array([1.0, 2.0, 3.0, math.nan, math.inf]))
    assert found is not None
    assert (found.n, found.mean, found.low, found.high) == (3, 2.0, 1.0, 3.0)
    # Two degrees of freedom, standard deviation 1.
    assert found.half == pytest.approx(4.303 / math.sqrt(3))


def test_one_value_has_no_interval_and_none_no_mean():
    single = mean_of(np.array([0.5]))
    assert single is not None
    assert single.half is None
    assert mean_of(np.array([math.nan])) is None


@pytest.mark.parametrize(("freedom", "known"), [(1, 12.706), (31, 2.0395), (60, 2.0003), (1000, 1.9623)])
def test_quantiles(freedom: int, known: float):
    assert t95(freedom) == pytest.approx(known, abs=2e-4)
