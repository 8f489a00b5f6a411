"""Three ways to say how much an objective depends on each hyperparameter; used in the process of importance_child.

Each takes columns and the objective (greater is better) of the same trials and a seed, and gives one share a column.
Where the seed does not choose a forest it chooses a resample of the trials, so that the spread can be told.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

#: Trees of one forest; the spread over forests is told, so one may be small.
TREES = 16
#: PED-ANOVA asks where the best tenth of the trials lies, on a grid of so many points.
TOP = 0.1
GRID = 50
#: The plain way splits numbers into so many parts with equally many trials.
PARTS = 4


@dataclass(frozen=True)
class Column:
    """One hyperparameter: ``units`` in [0, 1] (a choice: the middle of its part), ``codes`` the part of a choice."""

    name: str
    units: np.ndarray
    present: np.ndarray
    values: list[Any] | None
    low: float = 0.0
    high: float = 1.0
    is_log: bool = False

    @staticmethod
    def of(param: dict[str, Any], given: Sequence[Any]) -> Column:
        """``given`` holds None where a trial does not have it."""
        present = np.array([value is not None for value in given])
        if "values" in param:
            return _choices(param, given, present)
        numbers = np.array([np.nan if value is None else float(value) for value in given])
        low = min(param["low"], float(np.nanmin(numbers, initial=param["low"])))
        high = max(param["high"], float(np.nanmax(numbers, initial=param["high"])))
        is_log = bool(param.get("log")) and low > 0
        ends = np.log([low, high]) if is_log else np.array([low, high])
        units = ((np.log(numbers) if is_log else numbers) - ends[0]) / ((ends[1] - ends[0]) or 1.0)
        return Column(param["name"], units, present, None, low, high, is_log)

    def at(self, trials: np.ndarray) -> Column:
        """Of these trials only."""
        return replace(self, units=self.units[trials], present=self.present[trials])

    @property
    def codes(self) -> np.ndarray:
        """Which choice each trial has."""
        return np.floor(self.units * len(self.values or [])).astype(int)

    def value(self, unit: float) -> float:
        """A number of the axis by its place in [0, 1]."""
        if self.is_log:
            return float(np.exp(np.log(self.low) + unit * (np.log(self.high) - np.log(self.low))))
        return self.low + unit * (self.high - self.low)


def _choices(param: dict[str, Any], given: Sequence[Any], present: np.ndarray) -> Column:
    values = list(param["values"])
    values += [value for value in given if value is not None and value not in values]
    places = [np.nan if value is None else (values.index(value) + 0.5) / len(values) for value in given]
    return Column(param["name"], np.array(places), present, values)


def normalised(weights: np.ndarray) -> np.ndarray:
    """As shares of their sum; all 0 where nothing depends on anything."""
    weights = np.maximum(weights, 0.0)
    total = weights.sum()
    return weights / total if total > 0 else weights


# --- fANOVA: the share of a forest's variance that each hyperparameter explains alone ---
def fanova(columns: Sequence[Column], y: np.ndarray, seed: int) -> np.ndarray:
    """Hutter, Hoos, Leyton-Brown (2014): main effects of a random forest, every value of a range equally likely."""
    from sklearn.ensemble import RandomForestRegressor

    x = np.stack([_ordered(column, y) for column in columns], axis=1)
    forest = RandomForestRegressor(
        n_estimators=TREES, max_features=max(1, round(5 * x.shape[1] / 6)), random_state=seed
    )
    forest.fit(x, y)
    return normalised(np.mean([_main_effects(tree.tree_, x.shape[1]) for tree in forest.estimators_], axis=0))


def _ordered(column: Column, y: np.ndarray) -> np.ndarray:
    """Choices in the order of their mean objective, in which a tree can part them best."""
    if column.values is None:
        return column.units
    means = [
        y[column.codes == code].mean() if (column.codes == code).any() else y.mean()
        for code in range(len(column.values))
    ]
    rank = np.argsort(np.argsort(means))
    return (rank[column.codes] + 0.5) / len(column.values)


def _main_effects(tree: Any, count: int) -> np.ndarray:
    """Variance of each marginal as a share of the tree's variance over the unit cube."""
    low, high, values = _leaves(tree, count)
    widths = high - low
    volumes = widths.prod(axis=1)
    mean = volumes @ values
    variance = volumes @ (values - mean) ** 2
    if variance <= 1e-18:
        return np.zeros(count)
    effects = [
        _marginal_variance(low[:, at], high[:, at], volumes * values / widths[:, at], mean)
        for at in range(count)
    ]
    return np.array(effects) / variance


def _marginal_variance(low: np.ndarray, high: np.ndarray, weights: np.ndarray, mean: float) -> float:
    """Of a sum of boxes: each adds its weight between its ends, so the marginal is a staircase."""
    edges, places = np.unique(np.concatenate([low, high]), return_inverse=True)
    steps = np.zeros(len(edges))
    np.add.at(steps, places[: len(low)], weights)
    np.add.at(steps, places[len(low) :], -weights)
    marginal = np.cumsum(steps)[:-1]
    return float(np.diff(edges) @ (marginal - mean) ** 2)


def _leaves(tree: Any, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The boxes of a tree's leaves in the unit cube, and their values."""
    low, high = np.zeros((tree.node_count, count)), np.ones((tree.node_count, count))
    # A child always has a higher number than its parent.
    for node in range(tree.node_count):
        left, right = tree.children_left[node], tree.children_right[node]
        if left < 0:
            continue
        for child in (left, right):
            low[child], high[child] = low[node], high[node]
        high[left, tree.feature[node]] = low[right, tree.feature[node]] = tree.threshold[node]
    ends = tree.children_left < 0
    return low[ends], high[ends], tree.value[ends, 0, 0]


# --- PED-ANOVA: how differently the best trials are spread from all trials ---
def ped_anova(columns: Sequence[Column], y: np.ndarray, seed: int) -> np.ndarray:
    """Watanabe, Bansal, Hutter (2023): the Pearson divergence between the densities of the best tenth and of all."""
    picked = _resample(len(y), seed)
    y = y[picked]
    best = y >= np.quantile(y, 1 - TOP)
    return normalised(np.array([_divergence(column.at(picked), best) for column in columns]))


def _divergence(column: Column, best: np.ndarray) -> float:
    density = _shares if column.values is not None else _density
    top, every = density(column, best), density(column, np.ones(len(best), dtype=bool))
    return float(every @ (top / np.maximum(every, 1e-12) - 1) ** 2)


def _shares(column: Column, trials: np.ndarray) -> np.ndarray:
    """Of a choice: how often each was taken, each once more than it was."""
    counts = np.bincount(column.codes[trials], minlength=len(column.values or [])) + 1.0
    return counts / counts.sum()


def _density(column: Column, trials: np.ndarray) -> np.ndarray:
    """Of a number: Gaussian kernels of Scott's width with a flat prior, over a grid."""
    units = column.units[trials]
    width = max(1.059 * units.std() * len(units) ** -0.2, 0.5 / (GRID - 1))
    grid = np.linspace(0, 1, GRID)
    kernels = np.exp(-0.5 * ((grid[:, None] - units[None, :]) / width) ** 2)
    density = (kernels / kernels.sum(axis=0)).sum(axis=1) + 1.0 / GRID
    return density / density.sum()


def _resample(count: int, seed: int) -> np.ndarray:
    """The trials themselves first, then drawn with replacement."""
    return np.random.default_rng(seed).integers(0, count, count) if seed else np.arange(count)


# --- the plain way: how much of the differences goes away inside parts of the range ---
def plain(columns: Sequence[Column], y: np.ndarray, seed: int) -> np.ndarray:
    """The share of the spread between trials that the part of the range explains (ω², so chance counts as none)."""
    picked = _resample(len(y), seed)
    return np.array([_omega(_parts(column.at(picked)), y[picked]) for column in columns])


def _omega(parts: np.ndarray, y: np.ndarray) -> float:
    total = ((y - y.mean()) ** 2).sum()
    groups = [y[parts == part] for part in np.unique(parts)]
    within = sum(((group - group.mean()) ** 2).sum() for group in groups)
    free = len(y) - len(groups)
    if total <= 0 or free <= 0:
        return 0.0
    error = within / free
    return max(0.0, float((total - within - (len(groups) - 1) * error) / (total + error)))


def _parts(column: Column) -> np.ndarray:
    """The choice, or one of four parts of the range that hold equally many trials."""
    if column.values is not None:
        return column.codes
    return np.searchsorted(np.quantile(column.units, np.arange(1, PARTS) / PARTS), column.units, side="left")


def best_part(column: Column, y: np.ndarray, greater: bool) -> dict[str, Any] | None:
    """Where the trials did best: {"from", "to"} or {"is"}, their ``mean``, that of the ``others``, and how many."""
    parts = _parts(column)
    means = {part: y[parts == part].mean() for part in np.unique(parts)}
    if len(means) < 2:
        return None
    best = (max if greater else min)(means, key=lambda part: float(means[part]))
    inside = parts == best
    found = {"mean": float(y[inside].mean()), "others": float(y[~inside].mean()), "n": int(inside.sum())}
    if column.values is not None:
        return found | {"is": column.values[best]}
    units = column.units[inside]
    return found | {"from": column.value(float(units.min())), "to": column.value(float(units.max()))}


METHODS: dict[str, Callable[[Sequence[Column], np.ndarray, int], np.ndarray]] = {
    "fanova": fanova,
    "ped-anova": ped_anova,
    "plain": plain,
}
