"""How much better the winner of many trials looks than it is.

The best of n noisy values is partly the luckiest: its noise is positive on average. Where the trials' true values are
normal with standard deviation τ and each is measured with normal noise σ, the noise of the winner is expected to be

    e(n) σ² / √(σ² + τ²),

where e(n) is the mean of the largest of n standard normal values (David and Nagaraja, Order Statistics, 3rd ed.,
section 3.2), and √(σ² + τ²) the spread of the measured values: of the winner's lead over the mean the share
σ² / (σ² + τ²) is noise, as in any regression towards the mean (Efron, Tweedie's Formula and Selection Bias, JASA 106,
2011, section 1). σ comes from runs that differ only by seed. Where there are none, all the spread is taken for noise
(τ = 0), which gives the most that it can be.
"""

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

import numpy as np

#: Of fewer trials nobody would say that one was chosen among many.
FEWEST = 3
#: The quartiles of a normal distribution are this many standard deviations apart.
_QUARTILES = 1.349


@dataclass(frozen=True)
class Optimism:
    """Of the winner of ``trials``: ``value`` is how much of it is expected to be noise, ≥ 0 whatever the direction of
    the metric. ``noise`` is the standard deviation behind it, known from "replicates" with ``freedom`` degrees of
    freedom, or, as its upper bound, from the "spread" of the trials."""

    trials: int
    value: float
    noise: float
    source: Literal["replicates", "spread"]
    freedom: int = 0


def optimism(trials: Sequence[Sequence[float]]) -> Optimism | None:
    """Of the winner among ``trials``, each given by the values of its seeds (one or more, finite), chosen by their
    mean. None for fewer than three, or when there is no spread at all."""
    known = [np.array(values, dtype=float) for values in trials if len(values)]
    if len(known) < FEWEST:
        return None
    means = np.array([values.mean() for values in known])
    noise, freedom = _pooled(known)
    if freedom:
        # Of a mean of m seeds the noise is smaller; a winner of unequal ones is judged by the usual number.
        noise /= math.sqrt(float(np.median([len(values) for values in known])))
        spread = max(float(means.std(ddof=1)), noise)
        return _found(len(known), noise, spread, "replicates", freedom)
    spread = _middle_spread(means)
    return _found(len(known), spread, spread, "spread", 0)


def _found(
    trials: int, noise: float, spread: float, source: Literal["replicates", "spread"], freedom: int
) -> Optimism | None:
    if spread == 0:
        return None
    return Optimism(trials, expected_largest(trials) * noise**2 / spread, noise, source, freedom)


def _pooled(trials: Sequence[np.ndarray]) -> tuple[float, int]:
    """The standard deviation of the seeds around the mean of their trial, and its degrees of freedom."""
    several = [values for values in trials if len(values) > 1]
    freedom = sum(len(values) - 1 for values in several)
    squares = sum(float(((values - values.mean()) ** 2).sum()) for values in several)
    return (math.sqrt(squares / freedom), freedom) if freedom else (0.0, 0)


def _middle_spread(means: np.ndarray) -> float:
    """The standard deviation by the quartiles: trials that went wrong altogether say nothing of noise."""
    low, high = np.quantile(means, (0.25, 0.75))
    return float(high - low) / _QUARTILES


@functools.lru_cache(maxsize=256)
def expected_largest(n: int) -> float:
    """The mean of the largest of ``n`` independent standard normal values: ∫ z dΦ(z)ⁿ, by parts
    ∫₀^∞ (1 − Φ(z)ⁿ) dz − ∫₋∞^0 Φ(z)ⁿ dz."""
    z = np.linspace(0.0, 9.0, 1801)
    below = np.array([NormalDist().cdf(value) for value in z.tolist()])
    inside = (1 - below**n) - (1 - below) ** n
    return float(np.trapezoid(inside, z))
