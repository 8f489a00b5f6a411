"""The Pareto front of a sweep with several objectives: the trials that no other beats in all of them."""

from collections.abc import Sequence

from runs.sweeps.trial_rows import SweepRows, TrialRow


def front(found: SweepRows) -> set[int]:
    """The numbers of the trials for which no other is at least as good in every objective and better in one. Those
    that have not measured every objective are not on it.
    """
    signs = [1 if one.greater else -1 for one in found.objectives]
    goods = [(goodness, row) for row in found.rows if (goodness := _goodness(row, signs)) is not None]
    kept: list[tuple[tuple[float, ...], TrialRow]] = []
    # What beats a trial stands before it in this order, and then so does one of the front.
    for goodness, row in sorted(goods, key=lambda pair: pair[0], reverse=True):
        if not any(_beats(other, goodness) for other, _ in kept):
            kept.append((goodness, row))
    return {row.number for _, row in kept}


def _goodness(row: TrialRow, signs: Sequence[int]) -> tuple[float, ...] | None:
    values = [value for value in row.values if value is not None]
    if len(values) < len(signs):
        return None
    return tuple(sign * value for sign, value in zip(signs, values, strict=True))


def _beats(one: Sequence[float], other: Sequence[float]) -> bool:
    return one != other and all(a >= b for a, b in zip(one, other, strict=True))
