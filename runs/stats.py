"""Means of few values, and how far they can be trusted."""

import math
from dataclasses import dataclass

import numpy as np

#: Student's t for a two-sided 95 % interval, by degrees of freedom from 1 to 30.
_T95 = (
    *(12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228),
    *(2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086),
    *(2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042),
)
_Z95 = 1.959964


@dataclass(frozen=True)
class Mean:
    """The mean of ``n`` values; ``half`` is half its 95 % interval, None of a single value."""

    n: int
    mean: float
    half: float | None
    low: float
    high: float


def mean_of(values: np.ndarray) -> Mean | None:
    """Of the finite values among these; None when there are none."""
    finite = values[np.isfinite(values)]
    n = len(finite)
    if not n:
        return None
    half = t95(n - 1) * float(finite.std(ddof=1)) / math.sqrt(n) if n > 1 else None
    return Mean(n, float(finite.mean()), half, float(finite.min()), float(finite.max()))


def t95(freedom: int) -> float:
    """Student's t for a two-sided 95 % interval; beyond 30 degrees of freedom by its expansion around 1.96."""
    if freedom <= len(_T95):
        return _T95[freedom - 1]
    z = _Z95
    return z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
