"""Curves of binned scores: precision–recall, ROC, and how far confidence is from being right."""

from dataclasses import dataclass
from typing import Any

import numpy


@dataclass(frozen=True)
class Curve:
    """``x`` and ``y`` from 0 to 1, and the area under them (for precision–recall the average precision)."""

    x: list[float]
    y: list[float]
    area: float | None


def precision_recall(bins: list[list[int]]) -> Curve:
    """Of [bin, positives, negatives]: recall against precision, the surest scores first."""
    right, wrong = _from_the_top(bins)
    if not len(right) or not right[-1]:
        return Curve([], [], None)
    recall, precision = right / right[-1], right / (right + wrong)
    area = float((numpy.diff(recall, prepend=0.0) * precision).sum())
    return _rounded([0.0, *recall], [precision[0], *precision], area)


def roc(bins: list[list[int]]) -> Curve:
    """False positives against true positives, each as a share; ties within a bin count half."""
    right, wrong = _from_the_top(bins)
    if not len(right) or not right[-1] or not wrong[-1]:
        return Curve([], [], None)
    x, y = [0.0, *(wrong / wrong[-1])], [0.0, *(right / right[-1])]
    return _rounded(x, y, float(numpy.trapezoid(y, x)))


def calibration_error(bins: list[list[float]]) -> float | None:
    """The expected calibration error of [rows, mean confidence, share right]: the mean distance, weighted by rows."""
    rows = sum(bin_[0] for bin_ in bins)
    return sum(count * abs(sure - right) for count, sure, right in bins) / rows if rows else None


def _from_the_top(bins: list[list[int]]) -> tuple[Any, Any]:
    """Positives and negatives with a score of at least each bin's."""
    counts = numpy.array(sorted(bins, reverse=True), dtype=float).reshape(-1, 3)
    return counts[:, 1].cumsum(), counts[:, 2].cumsum()


def _rounded(x: Any, y: Any, area: float) -> Curve:
    return Curve([round(float(v), 5) for v in x], [round(float(v), 5) for v in y], area)
