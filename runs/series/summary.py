"""What tables show of a series without decoding it, and how two summaries become one.

A summary is the same whatever the order its points came in: ``last`` belongs to the highest step (of equal
steps the newer attempt, then the later arrival), ``min`` and ``max`` to the finite values (of equal ones the
lowest step).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from runs.series.batch import Group


@dataclass(slots=True)
class Summary:
    """``min`` and ``max`` are None while no value was finite; ``last`` may be NaN or ±Inf."""

    count: int = 0
    first_step: int | None = None
    last_step: int | None = None
    last: float = math.nan
    min: float | None = None
    min_step: int | None = None
    max: float | None = None
    max_step: int | None = None
    nan_count: int = 0
    inf_count: int = 0
    last_attempt: int = 0

    def best(self, greater_is_better: bool) -> float | None:
        """The best finite value, None if there is none."""
        return self.max if greater_is_better else self.min

    def best_step(self, greater_is_better: bool) -> int | None:
        """The step of the best finite value."""
        return self.max_step if greater_is_better else self.min_step

    def add(self, other: "Summary") -> None:
        """Take in the points of ``other``, which arrived later."""
        if not other.count:
            return
        if not self.count or (other.last_step, other.last_attempt) >= (self.last_step, self.last_attempt):
            self.last_step, self.last, self.last_attempt = other.last_step, other.last, other.last_attempt
        self.first_step = _lower(self.first_step, other.first_step)
        self.count += other.count
        self.nan_count += other.nan_count
        self.inf_count += other.inf_count
        self._add_extremes(other)

    def _add_extremes(self, other: "Summary") -> None:
        if other.min is None or other.max is None:
            return
        if self.min is None or (other.min, other.min_step) < (self.min, self.min_step):
            self.min, self.min_step = other.min, other.min_step
        if self.max is None or (-other.max, other.max_step) < (-self.max, self.max_step):
            self.max, self.max_step = other.max, other.max_step


def _lower(a: int | None, b: int | None) -> int | None:
    return b if a is None else a if b is None else min(a, b)


def summarize(steps: np.ndarray, values: np.ndarray, attempt: int) -> list[Summary]:
    """One summary for each row of ``values`` (k, n), whose n points in order of arrival have these steps."""
    n = len(steps)
    if not n:
        return [Summary() for _ in values]
    if n == 1:
        return [_single(int(steps[0]), value, attempt) for value in values[:, 0].tolist()]
    last = n - 1 - int(np.argmax(steps[::-1]))
    first_step, last_step = int(steps.min()), int(steps[last])
    finite = np.isfinite(values)
    nans = np.isnan(values).sum(axis=1).tolist()
    finites = finite.sum(axis=1).tolist()
    lows = _extremes(np.where(finite, values, np.inf), steps, finite, np.min)
    highs = _extremes(np.where(finite, values, -np.inf), steps, finite, np.max)
    lasts = values[:, last].tolist()
    return [
        Summary(n, first_step, last_step, lasts[i], *low, *high, nans[i], n - nans[i] - finites[i], attempt)
        if finites[i]
        else Summary(
            n, first_step, last_step, lasts[i], None, None, None, None, nans[i], n - nans[i], attempt
        )
        for i, (low, high) in enumerate(zip(lows, highs, strict=True))
    ]


def _single(step: int, value: float, attempt: int) -> Summary:
    """Of one point, as live runs bring them: NumPy would take longer."""
    if math.isfinite(value):
        return Summary(1, step, step, value, value, step, value, step, 0, 0, attempt)
    nan = math.isnan(value)
    return Summary(1, step, step, value, None, None, None, None, int(nan), int(not nan), attempt)


def _extremes(
    values: np.ndarray, steps: np.ndarray, finite: np.ndarray, extreme: Callable[..., np.ndarray]
) -> list[tuple[float, int]]:
    """The lowest or highest value of each row and the lowest step that has it."""
    found = extreme(values, axis=1)
    places = np.where((values == found[:, None]) & finite, steps, np.iinfo("i8").max).min(axis=1)
    return list(zip(found.tolist(), places.tolist(), strict=True))


def of_groups(groups: list[Group], attempt: int, limit: int | None) -> dict:
    """A summary for each key of one batch; points above step ``limit`` do not count."""
    found: dict = {}
    for group in _in_order_of_last(groups, limit):
        rows = summarize(group.shared["step"], group.values, attempt)
        for key, summary in zip(group.keys, rows, strict=True):
            if key in found:
                found[key].add(summary)
            else:
                found[key] = summary
    return found


def _in_order_of_last(groups: list[Group], limit: int | None) -> list[Group]:
    """Groups such that of two with the same highest step the one whose row arrived later comes later."""
    kept = [_up_to(group, limit) for group in groups]
    return kept if len(kept) == 1 else sorted(kept, key=_last_place)


def _up_to(group: Group, limit: int | None) -> Group:
    if limit is None:
        return group
    shown = group.shared["step"] <= limit
    if shown.all():
        return group
    return Group(group.keys, {n: c[shown] for n, c in group.shared.items()}, group.values[:, shown])


def _last_place(group: Group) -> int:
    steps = group.shared["step"]
    return int(group.shared["pos"][len(steps) - 1 - int(np.argmax(steps[::-1]))]) if len(steps) else -1
