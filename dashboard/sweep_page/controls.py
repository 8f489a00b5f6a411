"""What a person may do to a sweep now, and the form of “Extend…” as edits of runs/sweeps/edit.py."""

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from django.db import transaction
from django.http import QueryDict

from dashboard.numbers import config_value, setting_name
from dashboard.sweep_page.budget import read_budget
from dashboard.sweep_page.dims import labels
from runs.errors import SpecError
from runs.models import Sweep
from runs.states import State
from runs.sweeps.edit import apply
from runs.sweeps.exchange import is_imported
from runs.sweeps.space import Choices, Distribution, Range, SpaceError, read_space
from runs.sweeps.trial_rows import SweepRows
from trainer_bridge.fields import parse_int, parse_number

_OVER = (Sweep.State.STOPPED, Sweep.State.FINISHED)
#: An edit with what it takes: ("extend", {"n": 10}).
Edit = tuple[str, dict[str, Any]]


def controls(found: SweepRows) -> dict[str, Any]:
    """Which buttons the page has, and the fields of “Extend…”."""
    sweep = found.sweep
    is_open = any(not row.is_over for row in found.rows)
    return {
        "can_train": not is_imported(sweep),
        "can_pause": sweep.state == Sweep.State.RUNNING,
        "can_resume": sweep.state in (Sweep.State.PAUSED, Sweep.State.STOPPING, Sweep.State.STOPPED),
        "can_stop": is_open or sweep.state not in (*_OVER, Sweep.State.STOPPING),
        "failed": sum(row.state in (State.FAILED, State.CRASHED) for row in found.rows),
    }


def form_rows(sweep: Sweep) -> list[dict[str, Any]]:
    """Per searched field its label, and its ends or values as they are now; empty for a space of an earlier version."""
    try:
        space = read_space(sweep.space)
    except SpaceError:
        return []
    names = labels(list(sweep.space))
    return [{"field": field, "label": names[field], **_form_row(space[field])} for field in names]


def _form_row(found: Distribution) -> dict[str, Any]:
    if isinstance(found, Choices):
        values = [{"json": json.dumps(value), "text": config_value(value)} for value in found.values]
        return {"choices": values, "is_conditional": found.when is not None}
    return {
        "low": config_value(found.low),
        "high": config_value(found.high),
        "is_conditional": found.when is not None,
    }


def change(sweep: Sweep, form: QueryDict, user: Any) -> list[str]:
    """Do what the form of “Extend…” says, all of it or nothing; what was done, in sentences.

    Raises SpecError with the problems by name of the form's field, and RunError.
    """
    edits = _edits(sweep, form)
    if not edits:
        raise SpecError({"form": "Nothing was changed. Give a number of trials, or change a field."})
    with transaction.atomic():
        return [_apply(sweep, kind, args, user) for kind, args in edits]


def _apply(sweep: Sweep, kind: str, args: dict[str, Any], user: Any) -> str:
    """Both numbers are called “n” there."""
    try:
        return str(apply(sweep, kind, args, user).text)
    except SpecError as error:
        names = {"n": "parallel" if kind == "parallel" else "n", "budget": "wall_hours"}
        raise SpecError({names.get(name, name): text for name, text in error.problems.items()}) from error


def _edits(sweep: Sweep, form: QueryDict) -> list[Edit]:
    problems: dict[str, str] = {}
    edits: list[Edit] = []
    space = read_space(sweep.space)
    for field, found in space.items():
        edits += _read(problems, field, partial(_of_field, field, found, form))
    edits += _read(problems, "n", partial(_number, form, "n", "extend", None))
    edits += _read(problems, "parallel", partial(_number, form, "parallel", "parallel", sweep.parallel))
    edits += _read(problems, "points", partial(_point, space, form))
    budget, wrong = read_budget(sweep, form)
    if budget != sweep.budget:
        edits.append(("budget", {"budget": budget}))
    problems |= wrong
    if problems:
        raise SpecError(problems)
    return edits


def _read(problems: dict[str, str], name: str, read: Callable[[], list[Edit]]) -> list[Edit]:
    try:
        return read()
    except ValueError as error:
        problems[name] = str(error)
        return []


def _of_field(field: str, found: Distribution, form: QueryDict) -> list[Edit]:
    """Other ends of a range; values of a list that are not ticked any more."""
    if isinstance(found, Choices):
        if f"had.{field}" not in form:
            return []
        kept = form.getlist(f"keep.{field}")
        return [
            ("drop", {"field": field, "value": value})
            for value in found.values
            if json.dumps(value) not in kept
        ]
    texts = [form.get(f"{end}.{field}", "").strip() for end in ("low", "high")]
    if texts in (["", ""], [config_value(found.low), config_value(found.high)]):
        return []
    low, high = (
        _value(found, text) if text else end for text, end in zip(texts, (found.low, found.high), strict=True)
    )
    return [("range", {"field": field, "low": low, "high": high})]


def _value(found: Range, text: str) -> float:
    return parse_int(text) if found.is_int else parse_number(text)


def _number(form: QueryDict, name: str, kind: str, before: int | None) -> list[Edit]:
    """A whole number that is another than before; an empty one changes nothing, or takes a limit away."""
    text = form.get(name, "").strip()
    value = parse_int(text) if text else None
    if name not in form or value == before:
        return []
    return [(kind, {"n": value})]


def _point(space: Mapping[str, Distribution], form: QueryDict) -> list[Edit]:
    """One point picked by hand; a field left empty does not exist there."""
    texts = {field: form.get(f"point.{field}", "").strip() for field in space}
    if not any(texts.values()):
        return []
    point = {}
    for field, text in texts.items():
        found = space[field]
        if not text and found.when is None:
            raise ValueError(f"{setting_name(field)} has no value. A point needs one of every field.")
        if text:
            point[field] = _picked(found, text)
    return [("points", {"points": [point]})]


def _picked(found: Distribution, text: str) -> Any:
    """A choice comes as JSON from its list."""
    if isinstance(found, Range):
        return _value(found, text)
    value = next((value for value in found.values if json.dumps(value) == text), None)
    if value is None:
        raise ValueError(f"{text} is not among the values that are searched.")
    return value
