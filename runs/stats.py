"""Means of few values, and how far they can be trusted."""

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from runs.student import t_quantile, two_sided_p

#: How sure an interval is when nobody says, and how likely a needed number of seeds is to show the difference.
LEVEL = 0.95
POWER = 0.8
#: More values than this a group are "more than", not a number.
MOST_NEEDED = 1000


@dataclass(frozen=True)
class Mean:
    """The mean of ``n`` values; ``half`` is half its interval, None of a single value; ``spread`` the standard
    deviation of the sample, 0 of a single one."""

    n: int
    mean: float
    half: float | None
    low: float
    high: float
    spread: float = 0.0


@dataclass(frozen=True)
class Difference:
    """``value`` with its interval ``low`` … ``high``. ``p`` is None when neither group has any spread: then the
    difference is what it is."""

    value: float
    low: float
    high: float
    p: float | None

    @property
    def is_within_noise(self) -> bool:
        """Whether the interval contains 0, unless both groups are the same to the last digit."""
        return self.low <= 0 <= self.high


def mean_of(values: np.ndarray, level: float = LEVEL) -> Mean | None:
    """Of the finite values among these, with a t-interval of ``level``; None when there are none."""
    finite = values[np.isfinite(values)]
    if not len(finite):
        return None
    return means_of(finite, np.array([0]), level)[0]


def means_of(values: np.ndarray, begins: np.ndarray, level: float = LEVEL) -> list[Mean | None]:
    """``mean_of`` of each stretch of ``values`` that begins at one of ``begins`` (ascending, none empty): a table asks
    for hundreds at once."""
    finite = np.isfinite(values)
    counts = np.add.reduceat(finite, begins, dtype=int)
    means = np.add.reduceat(np.where(finite, values, 0.0), begins) / np.maximum(counts, 1)
    lengths = np.diff(np.append(begins, len(values)))
    apart = np.where(finite, values - np.repeat(means, lengths), 0.0)
    squares = np.add.reduceat(apart * apart, begins)
    lows = np.minimum.reduceat(np.where(finite, values, np.inf), begins)
    highs = np.maximum.reduceat(np.where(finite, values, -np.inf), begins)
    rows = zip(*(part.tolist() for part in (counts, means, squares, lows, highs)), strict=True)
    return [_mean(n, mean, square, low, high, level) if n else None for n, mean, square, low, high in rows]


def _mean(n: int, mean: float, square: float, low: float, high: float, level: float) -> Mean:
    if low == high:
        # Equal values have no spread; their mean may be off by a rounding.
        mean, square = low, 0.0
    spread = math.sqrt(square / (n - 1)) if n > 1 else 0.0
    half = t_quantile(level, n - 1) * spread / math.sqrt(n) if n > 1 else None
    return Mean(n, mean, half, low, high, spread)


def welch(base: Mean, other: Mean, level: float = LEVEL) -> Difference | None:
    """``other`` minus ``base`` by Welch's t-test, which asks for no equal spreads; None with one value in either."""
    if base.n < 2 or other.n < 2:
        return None
    value = other.mean - base.mean
    shares = [group.spread**2 / group.n for group in (base, other)]
    error = math.sqrt(sum(shares))
    if error == 0:
        return Difference(value, value, value, None)
    # Welch and Satterthwaite's degrees of freedom; of shares, since squares of small variances underflow.
    parts = [share / sum(shares) for share in shares]
    freedom = 1 / sum(part**2 / (group.n - 1) for part, group in zip(parts, (base, other), strict=True))
    half = t_quantile(level, freedom) * error
    return Difference(value, value - half, value + half, two_sided_p(value / error, freedom))


def needed(base: Mean, other: Mean, level: float = LEVEL, power: float = POWER) -> int | None:
    """Roughly how many values each group needs for a difference of this size to be shown; None beyond 1,000.

    The smallest n with n ≥ (t(1 - α/2) + t(power))² (s₁² + s₂²) / d², both quantiles at 2n - 2 degrees of freedom: the
    usual normal-theory size for comparing two means (Snedecor and Cochran, Statistical Methods, 8th ed., section
    6.14), with t for z since the spreads are estimated. It takes the difference and the spreads seen so far as the
    true ones, which few seeds cannot know: "about" is the word to show it with.
    """
    variance, gap = base.spread**2 + other.spread**2, (other.mean - base.mean) ** 2
    if gap == 0 or variance / gap > MOST_NEEDED:
        return None
    at_least = _size(NormalDist().inv_cdf((1 + level) / 2), NormalDist().inv_cdf(power), variance / gap)
    for n in range(max(2, math.ceil(at_least)), MOST_NEEDED + 1):
        if n >= _size(t_quantile(level, 2 * n - 2), t_quantile(2 * power - 1, 2 * n - 2), variance / gap):
            return n
    return None


def _size(t_level: float, t_power: float, ratio: float) -> float:
    return (t_level + t_power) ** 2 * ratio
