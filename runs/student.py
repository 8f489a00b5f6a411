"""Student's t distribution, for the web process, which has no scipy."""

import functools
import math

_TINY = 1e-300
_CLOSE = 1e-15
_MOST_TERMS = 20_000


def two_sided_p(t: float, freedom: float) -> float:
    """The probability of a value at least as far from 0 as ``t``, with ``freedom`` > 0 degrees of freedom."""
    # Near 0 the other tail of the incomplete beta function is the exact one.
    return _beta_share(freedom / (freedom + t * t), t * t / (freedom + t * t), freedom / 2, 0.5)


@functools.lru_cache(maxsize=4096)
def t_quantile(level: float, freedom: float) -> float:
    """The t of which a two-sided interval of ``level`` (0.95) reaches from -t to t."""
    low, high = 0.0, 1.0
    while two_sided_p(high, freedom) > 1 - level:
        low, high = high, high * 2
    # Halving keeps a dozen digits at any number of degrees of freedom, also below 1.
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if two_sided_p(middle, freedom) > 1 - level else (low, middle)
    return (low + high) / 2


def _beta_share(x: float, rest: float, a: float, b: float) -> float:
    """The regularised incomplete beta function I_x(a, b); ``rest`` is 1 - x, kept apart for its digits."""
    if x <= 0 or rest <= 0:
        return 0.0 if x <= 0 else 1.0
    log_front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log(rest)
    front = math.exp(log_front)
    if x < (a + 1) / (a + b + 2):
        return front / (a * _fraction(x, a, b))
    return 1 - front / (b * _fraction(rest, b, a))


def _fraction(x: float, a: float, b: float) -> float:
    """1 + d₁/(1 + d₂/(1 + …)), the reciprocal of DLMF 8.17.22, from the front by Lentz's method."""
    value, c, d = 1.0, 1.0, 0.0
    for number in range(1, _MOST_TERMS):
        c, d = _step(_term(number, x, a, b), c, d)
        value *= c * d
        if abs(c * d - 1) < _CLOSE:
            break
    return value


def _step(term: float, c: float, d: float) -> tuple[float, float]:
    return 1 + term / c or _TINY, 1 / (1 + term * d or _TINY)


def _term(number: int, x: float, a: float, b: float) -> float:
    """dₙ of the fraction, with n = ``number`` from 1 on."""
    half, is_odd = divmod(number, 2)
    if is_odd:
        return -(a + half) * (a + b + half) * x / ((a + 2 * half) * (a + 2 * half + 1))
    return half * (b - half) * x / ((a + 2 * half - 1) * (a + 2 * half))
