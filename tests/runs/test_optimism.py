"""The winner of many trials looks better than it is."""

import numpy as np
import pytest

from runs.optimism import expected_largest, optimism


@pytest.mark.parametrize(
    ("n", "known"),
    [(1, 0.0), (2, 0.564190), (3, 0.846284), (10, 1.538753), (100, 2.507594), (1000, 3.241436)],
)
def test_the_largest_of_normal_values_is_the_known_one(n, known):
    # Tables of Harter (1961), and Teichroew (1956).
    assert expected_largest(n) == pytest.approx(known, abs=2e-5)


@pytest.mark.parametrize(("tau", "seeds"), [(0.0, 1), (0.7, 1), (2.0, 1), (0.7, 3)])
def test_it_is_the_noise_of_the_winner_in_a_simulation(tau, seeds):
    rng, n, sigma = np.random.default_rng(1), 20, 1.0
    truth = rng.normal(0, tau, (4000, n))
    noise = rng.normal(0, sigma, (4000, n, seeds)).mean(axis=2)
    winners = (truth + noise).argmax(axis=1)
    simulated = noise[np.arange(4000), winners].mean()
    expected = expected_largest(n) * sigma**2 / seeds / np.sqrt(tau**2 + sigma**2 / seeds)
    assert expected == pytest.approx(simulated, rel=0.05)
    # From one such set of trials with three more seeds each it is estimated about right.
    trials = truth[0][:, None] + rng.normal(0, sigma, (n, 4))
    found = optimism(trials.tolist())
    of_four = expected_largest(n) * sigma**2 / 4 / np.sqrt(tau**2 + sigma**2 / 4)
    assert found.value == pytest.approx(of_four, rel=0.5)
    assert (found.source, found.freedom) == ("replicates", 60)


def test_without_replicates_the_spread_of_the_middle_half_is_the_most_it_can_be():
    values = np.random.default_rng(0).normal(0.9, 0.01, 40).tolist()
    found, with_failures = optimism([[v] for v in values]), optimism([[v] for v in [*values, 0.1, 0.0]])
    assert found.source == "spread"
    assert found.value == pytest.approx(0.01 * expected_largest(40), rel=0.4)
    assert with_failures.value == pytest.approx(found.value, rel=0.4)


def test_nothing_is_said_of_two_trials_or_where_all_are_equal():
    assert optimism([[0.9], [0.8]]) is None
    assert optimism([[0.9], [0.9], [0.9], []]) is None
    assert optimism([[0.9, 0.9], [0.9], [0.9]]) is None


def test_where_seeds_differ_more_than_trials_all_the_spread_is_noise():
    found = optimism([[0.1, 0.9], [0.2, 0.8], [0.4, 0.6]])
    assert found.value == pytest.approx(expected_largest(3) * found.noise)
