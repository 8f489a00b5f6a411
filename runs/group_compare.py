"""Groups of replicates side by side: means with their intervals, differences by Welch's test."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from runs.compare import ConfigRow, Measured, best_of, comparable, config_rows, direction_verdict, measured
from runs.fairness import OTHER_DATA
from runs.replicates import SEEDS, Group, listed
from runs.stats import LEVEL, Difference, Mean, mean_of, needed, welch

#: How sure an interval can be asked to be.
PERCENTS = (90, 95, 99)


@dataclass(frozen=True)
class GroupCell:
    """``verdict`` on ``difference`` to the baseline: "better", "worse", "same" (no spread and no difference),
    "noise" (its interval contains 0), "untested" (one seed in either), "other data" (not measured on what the baseline
    was), "" (nothing to compare).

    ``is_best``: outside noise of every other group. ``is_tied``: the best mean or within noise of it. ``values`` are
    those of the counted runs that measured.
    """

    mean: Mean | None
    difference: Difference | None = None
    verdict: str = ""
    needed: int | None = None
    is_best: bool = False
    is_tied: bool = False
    values: tuple[float, ...] = ()

    @property
    def n(self) -> int:
        return self.mean.n if self.mean else 0


@dataclass(frozen=True)
class GroupRow:
    """One metric over all groups, the baseline's cell first."""

    key: str
    greater_is_better: bool
    cells: list[GroupCell]


@dataclass(frozen=True)
class GroupComparison:
    """``groups`` with the baseline first; ``tested`` counts the differences to it that were tested, no level being
    corrected for that."""

    groups: list[Group]
    level: float
    metrics: list[GroupRow]
    config: list[ConfigRow]
    same: list[ConfigRow]

    @property
    def tested(self) -> int:
        found = [cell.difference for row in self.metrics for cell in row.cells]
        return sum(difference is not None and difference.p is not None for difference in found)


def compare_groups(groups: Sequence[Group], level: float = LEVEL) -> GroupComparison:
    """Compare ``groups`` (at least one) with the first as the baseline: one query, however many runs."""
    runs = listed(groups)
    config = config_rows(
        [{name: value for name, value in group.config.items() if name not in SEEDS} for group in groups]
    )
    return GroupComparison(
        groups=list(groups),
        level=level,
        metrics=[_row(metric, [run.pk for run in runs], groups, level) for metric in measured(runs)],
        config=[row for row in config if row.differs],
        same=[row for row in config if not row.differs],
    )


def _row(metric: Measured, ids: list[str], groups: Sequence[Group], level: float) -> GroupRow:
    greater = metric.greater_is_better
    best = {pk: best_of(summary, greater)[0] for pk, summary in zip(ids, metric.summaries, strict=True)}
    found = {pk: value for pk, value in best.items() if value is not None}
    return group_row(metric.key, greater, found, groups, level)


def group_row(
    key: str, greater: bool, found: Mapping[str, float], groups: Sequence[Group], level: float
) -> GroupRow:
    """Values by run against those of the first group; runs that are not in ``found`` have none."""
    values = [tuple(found[run.pk] for run in group.counted if run.pk in found) for group in groups]
    means = [mean_of(np.array(row, dtype=float), level) for row in values]
    alike = comparable(key, [(group.counted or group.runs)[0] for group in groups])
    cells = [GroupCell(means[0]), *(_cell(means[0], mean, greater, level) for mean in means[1:])]
    cells = [replace(cell, values=row) for cell, row in zip(cells, values, strict=True)]
    best = iter(_with_best([cell for cell, same in zip(cells, alike, strict=True) if same], greater, level))
    shown = [next(best) if same else _apart(cell) for cell, same in zip(cells, alike, strict=True)]
    return GroupRow(key, greater, shown)


def _apart(cell: GroupCell) -> GroupCell:
    """The cell of a group that was measured on other data."""
    return GroupCell(cell.mean, None, OTHER_DATA if cell.mean else "", values=cell.values)


def _cell(base: Mean | None, mean: Mean | None, greater: bool, level: float) -> GroupCell:
    if base is None or mean is None:
        return GroupCell(mean)
    difference = welch(base, mean, level)
    if difference is None:
        return GroupCell(mean, None, "untested")
    if difference.p is None or not difference.is_within_noise:
        return GroupCell(mean, difference, direction_verdict(difference.value, greater))
    return GroupCell(mean, difference, "noise", needed(base, mean, level))


def _with_best(cells: list[GroupCell], greater: bool, level: float) -> list[GroupCell]:
    """Filled is only what every other group is outside noise of; a group of one seed leaves that open."""
    with_means = [cell.mean for cell in cells if cell.mean]
    if len(with_means) < 2:
        return cells
    top = max(with_means, key=lambda mean: mean.mean if greater else -mean.mean)
    others = [welch(top, mean, level) for mean in with_means if mean is not top]
    if all(other and not other.is_within_noise for other in others):
        return [replace(cell, is_best=cell.mean is top) for cell in cells]
    return _with_ties(cells, top, level)


def _with_ties(cells: list[GroupCell], top: Mean, level: float) -> list[GroupCell]:
    """The best mean and those within noise of it, where there are any; what all groups share is not marked."""
    tied = [_is_tied(top, cell.mean, level) for cell in cells]
    equal = all(cell.mean is None or cell.mean.low == cell.mean.high == top.mean for cell in cells)
    if sum(tied) < 2 or equal:
        return cells
    return [replace(cell, is_tied=is_tied) for cell, is_tied in zip(cells, tied, strict=True)]


def _is_tied(top: Mean, mean: Mean | None, level: float) -> bool:
    if mean is None or mean is top:
        return mean is top
    difference = welch(top, mean, level)
    return difference is not None and difference.is_within_noise
