"""The budgets of a sweep in the form of “Extend…”: hours and a target, each with what is used of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dashboard.forms.plan import HOUR, plan_rows
from dashboard.forms.values import value_text
from dashboard.numbers import duration, number
from runs.models import Sweep
from runs.sweeps.standing import device_seconds, wall_seconds
from runs.sweeps.trial_rows import SweepRows


@dataclass(frozen=True)
class Budget:
    """``name`` in the form, ``key`` in the sweep's budget, ``unit`` of the form in that of the budget."""

    name: str
    key: str
    label: str
    unit: float = 1.0


_BUDGETS = (
    Budget("wall_hours", "wall_seconds", "Wall time", HOUR),
    Budget("device_hours", "device_seconds", "Device time", HOUR),
    Budget("target", "target", "Target"),
)
_USED: Mapping[str, Callable[[Sweep], float]] = {"wall_hours": wall_seconds, "device_hours": device_seconds}


def budget_fields(found: SweepRows) -> list[dict[str, str]]:
    """Per budget its name, label and text, and what is used of it: in the unit of the field and in words."""
    return [_field(found, one) for one in _BUDGETS]


def _field(found: SweepRows, one: Budget) -> dict[str, str]:
    given = {"name": one.name, "label": one.label, "text": _text(found.sweep, one), "unit": "h"}
    if used := _USED.get(one.name):
        seconds = used(found.sweep)
        return given | {"used": f"{seconds / one.unit:.4f}", "words": f"{duration(seconds)} used"}
    value = found.best.value if found.best else None
    words = f"the best so far is {number(value)}" if value is not None else "nothing measured yet"
    label = f"Target of {found.objective.key}"
    return given | {"label": label, "unit": "", "used": "" if value is None else repr(value), "words": words}


def read_budget(sweep: Sweep, form: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """The budget that the form says, and a sentence for each of its fields that cannot be read.

    A field as the page showed it keeps what the sweep has, which may have more digits.
    """
    budget, problems = dict(sweep.budget), {}
    for one in _BUDGETS:
        text = form.get(one.name, _text(sweep, one)).strip()
        if text == _text(sweep, one):
            continue
        budget.pop(one.key, None)
        try:
            value = plan_rows()[f"plan.{one.name}"].form.field.parse(text)
            if isinstance(value, int | float):
                budget[one.key] = value * one.unit
        except ValueError as error:
            problems[one.name] = str(error)
    return budget, problems


def _text(sweep: Sweep, one: Budget) -> str:
    value = sweep.budget.get(one.key)
    return "" if value is None else value_text(value / one.unit)
