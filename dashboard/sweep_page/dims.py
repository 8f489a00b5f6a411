"""The axes of a sweep's page: one a searched field, as its space says."""

from collections import Counter
from typing import Any

from dashboard.numbers import config_value, setting_name
from runs.models import Sweep
from runs.sweeps.space import Choices, Distribution, SpaceError, read_space

#: Names that the columns of the trials table have.
_TAKEN = {
    "trial", "state", "objective", "curve", "steps", "time", "open", "name", "started", "ended", "seeds", "front",
}  # fmt: skip


def labels(fields: list[str]) -> dict[str, str]:
    """Field → what people call it; the whole name where two would be called the same."""
    short = Counter(setting_name(field) for field in fields)
    return {
        field: field
        if short[setting_name(field)] > 1 or setting_name(field) in _TAKEN
        else setting_name(field)
        for field in fields
    }


def dims(sweep: Sweep) -> list[dict[str, Any]]:
    """Per searched field {"id", "label"} and "values", or "low", "high", "log"; "when" is its condition in words."""
    names = labels(list(sweep.space))
    try:
        found = read_space(sweep.space)
    except SpaceError:
        # A space of an earlier version: its axes are what the trials have.
        return [{"id": field, "label": name} for field, name in names.items()]
    return [
        {"id": field, "label": names[field], **_extent(found[field]), **_when(found[field])}
        for field in names
    ]


def _extent(found: Distribution) -> dict[str, Any]:
    if isinstance(found, Choices):
        return {"values": found.points()}
    return {"low": found.low, "high": found.high, "log": found.is_log}


def _when(found: Distribution) -> dict[str, str]:
    if found.when is None:
        return {}
    values = " or ".join(config_value(value) for value in found.when.values)
    return {"when": f"{setting_name(found.when.field)} is {values}"}
