"""The trials of a sweep as the scripts of its page read them (static/js/sweep_trials.js)."""

from collections.abc import Iterable
from typing import Any

from dashboard.sweep_page.dims import dims
from dashboard.sweep_page.metrics import Metrics
from runs.sweeps.trial_rows import SweepRows, TrialRow

#: The order of the values of a row; "members" only where seeds make several runs of it.
COLUMNS = [
    "number", "run", "name", "state", "pruned", "step", "started", "ended", "values", "params", "runs",
    "measured", "members", "metrics",
]  # fmt: skip


def page_data(found: SweepRows, metrics: Metrics, rows: Iterable[TrialRow] | None = None) -> dict[str, Any]:
    """Axes, objectives, ``metrics`` that are columns, and ``rows``, or all of them."""
    fields = list(found.sweep.space)
    return {
        "sweep": found.sweep.pk,
        "objectives": [{"key": one.key, "greater": one.greater} for one in found.objectives],
        "params": dims(found.sweep),
        "metrics": list(metrics),
        "columns": COLUMNS,
        "rows": [_row(row, fields, metrics) for row in (found.rows if rows is None else rows)],
    }


def _row(row: TrialRow, fields: list[str], metrics: Metrics) -> list[Any]:
    several = len(row.members) > 1
    return [
        row.number,
        row.run,
        row.name,
        row.state,
        int(row.is_pruned),
        row.step,
        _second(row.started),
        _second(row.ended),
        row.values,
        [row.params.get(field) for field in fields],
        len(row.members),
        row.measured,
        row.members if several else None,
        [values.get(row.run) for values in metrics.values()],
    ]


def _second(moment: float | None) -> float | None:
    return None if moment is None else round(moment, 1)
