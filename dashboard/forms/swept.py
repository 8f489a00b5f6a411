"""What a field is swept over (runs/sweeps/space.py), in the words and values of the form."""

from typing import Any

from dashboard.forms.values import value_text

#: Values that are told one by one.
FEW = 3


def values_of(given: Any) -> list[Any]:
    """The values of a list, or both ends of a range: what is judged where one trial stands for all."""
    if isinstance(given, list):
        return given
    return given["values"] if "values" in given else [given["low"], given["high"]]


def swept_text(given: Any, most: int | None = None) -> str:
    """ "0, 0.01, 0.1", "6e-5…1e-3", and what it depends on; more than ``most`` values are told as a number."""
    if isinstance(given, dict) and "low" in given:
        step = f" step {value_text(given['step'])}" if given.get("step") else ""
        text = f"{value_text(given['low'])}…{value_text(given['high'])}{step}"
    else:
        values = values_of(given)
        few = most is None or len(values) <= most
        text = ", ".join(map(_text, values)) if few else f"{len(values)} values"
    when = given.get("when") if isinstance(given, dict) else None
    return (
        f"{text} when {when['field'].partition('.')[2]} is {' or '.join(map(_text, when['in']))}"
        if when
        else text
    )


def _text(value: Any) -> str:
    return "not set" if value is None else value_text(value)
