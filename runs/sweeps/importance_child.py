"""Which hyperparameters the objective depends on: `python -m runs.sweeps.importance_child`, JSON in, JSON out.

A process of its own, because it imports scikit-learn and may take seconds; runs/sweeps/importance.py starts it.

In: {"method": "fanova" | "ped-anova" | "plain", "params": [Param …], "x": [[value or null per param] per trial],
"y": [value per trial], "greater": bool}. Param: {"name", "log": bool, "low", "high"} for numbers, {"name", "values"}
for choices. Out: {"rows": [{"name", "share", "low", "high", "n", "where"} …]}, the most important first. The shares of
those that every trial has add up to 1 (but not by "plain"); a conditional one is measured over the ``n`` trials that
have it.
"""

import json
import sys
from typing import Any

import numpy as np

from runs.sweeps import importance_methods as methods

#: Forests, or resamples of the trials, over which the spread is told.
REPEATS = 20
#: With fewer trials than this nothing can be said of a hyperparameter.
LEAST = 4


def importances(asked: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of the answer. Hyperparameters that not every trial has follow those that do in their own shares."""
    columns = [
        methods.Column.of(param, [row[at] for row in asked["x"]]) for at, param in enumerate(asked["params"])
    ]
    y = np.array(asked["y"], dtype=float)
    everywhere = [column for column in columns if column.present.all()]
    rows = _rows(asked, everywhere, y)
    for column in columns:
        if not column.present.all() and column.present.sum() >= LEAST:
            having = [other.at(column.present) for other in columns if other.present[column.present].all()]
            found = _rows(asked, having, y[column.present])
            rows += [row for row in found if row["name"] == column.name]
    return sorted(rows, key=lambda row: -row["share"])


def _rows(asked: dict[str, Any], columns: list[methods.Column], y: np.ndarray) -> list[dict[str, Any]]:
    """Shares with their spread: what 20 forests say, or 20 resamples of the trials."""
    if len(y) < LEAST or not columns:
        return []
    method = methods.METHODS[asked["method"]]
    better = y if asked["greater"] else -y
    shares = np.array([method(columns, better, seed) for seed in range(REPEATS)])
    low, high = np.quantile(shares, [0.05, 0.95], axis=0)
    # Of forests none is better than another; of resamples the first is the trials as they are.
    share = shares.mean(axis=0) if asked["method"] == "fanova" else shares[0]
    return [
        {
            "name": column.name,
            "share": float(share[at]),
            "low": float(low[at]),
            "high": float(high[at]),
            "n": len(y),
            "where": methods.best_part(column, y, asked["greater"]) if asked["method"] == "plain" else None,
        }
        for at, column in enumerate(columns)
    ]


def main() -> None:
    json.dump({"rows": importances(json.load(sys.stdin))}, sys.stdout)


if __name__ == "__main__":
    main()
