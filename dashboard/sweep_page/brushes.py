"""The brushes of a sweep's address, for what the server computes: b.learning_rate=1e-4..1e-3, b.optim=sgd,lion."""

from collections.abc import Callable, Mapping
from typing import Any

from dashboard.numbers import config_value
from dashboard.sweep_page.dims import labels
from runs.sweeps.trial_rows import SweepRows, TrialRow

#: An address rounds to four digits; a trial at the edge of a brush stays in it.
_ROUNDING = 2e-3


def brushed(found: SweepRows, query: Mapping[str, str]) -> list[TrialRow]:
    """The trials inside every brush of the address; a brush on what the sweep does not have is passed over."""
    tests = [
        _test(found, key.removeprefix("b."), text) for key, text in query.items() if key.startswith("b.")
    ]
    rows = found.rows if query.get("pruned") != "0" else [row for row in found.rows if not row.is_pruned]
    return [row for row in rows if all(test(row) for test in tests if test)]


def _test(found: SweepRows, name: str, text: str) -> Callable[[TrialRow], bool] | None:
    read = _reader(found, name)
    if read is None:
        return None
    low, dots, high = text.partition("..")
    if not dots:
        words = set(text.split(","))
        return lambda row: _word(read(row)) in words
    try:
        ends = float(low or "-inf"), float(high or "inf")
    except ValueError:
        return None
    return lambda row: _inside(read(row), *ends)


def _reader(found: SweepRows, name: str) -> Callable[[TrialRow], Any] | None:
    """The value of a trial on the axis that people call ``name``."""
    field = next((field for field, label in labels(list(found.sweep.space)).items() if label == name), None)
    if field is not None:
        return lambda row: row.params.get(field)
    at = next(
        (at for at, one in enumerate(found.objectives) if name == (one.key if at else "objective")), None
    )
    return None if at is None else lambda row: row.values[at]


def _inside(value: Any, low: float, high: float) -> bool:
    if not isinstance(value, int | float):
        return False
    room = abs(value) * _ROUNDING
    return low - room <= value <= high + room


def _word(value: Any) -> str:
    return config_value(value) if value is not None else ""
