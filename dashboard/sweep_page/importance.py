"""The importance card of a sweep: what is asked of runs/sweeps/importance.py, and its answer as JSON."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from dashboard.sweep_page.brushes import brushed
from dashboard.sweep_page.dims import dims
from runs.sweeps import importance
from runs.sweeps.trial_rows import SweepRows, TrialRow


def answer(found: SweepRows, query: Mapping[str, str]) -> dict[str, Any]:
    """{"state", "method", "n", "rows", "text"} for the trials inside the brushes of the address. Returns at once."""
    method = query.get("method", "")
    chosen = method if method in importance.METHODS else importance.METHODS[0]
    rows = [row for row in brushed(found, query) if row.value is not None]
    asked = sorted((key, text) for key, text in query.items() if key.startswith("b.") or key == "pruned")
    return asdict(importance.look(f"{found.sweep.pk} {asked}", _measured(found, rows), chosen))


def _measured(found: SweepRows, rows: list[TrialRow]) -> importance.Measured:
    fields = list(found.sweep.space)
    x = [[row.params.get(field) for field in fields] for row in rows]
    columns = list(zip(*x, strict=True)) if x else [()] * len(fields)
    params = [_param(dim, column) for dim, column in zip(dims(found.sweep), columns, strict=True)]
    y = [row.value for row in rows if row.value is not None]
    return importance.Measured(params, x, y, found.objective.greater)


def _param(dim: dict[str, Any], column: tuple[Any, ...]) -> dict[str, Any]:
    """A range as the space says, widened by what was tried; anything else is a choice."""
    if "low" in dim:
        return {"name": dim["id"], "low": dim["low"], "high": dim["high"], "log": dim["log"]}
    values = dim.get("values") or list(dict.fromkeys(value for value in column if value is not None))
    return {"name": dim["id"], "values": values}
