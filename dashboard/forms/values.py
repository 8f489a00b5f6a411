"""Values as a person would write them; what these functions write, ``Field.parse`` reads back unchanged."""

from decimal import Decimal

from trainer_bridge.fields import MAX_TEXT, Value
from trainer_bridge.json_values import json_text

__all__ = ["MAX_TEXT", "value_text"]


def value_text(value: Value) -> str:
    """None → "", True → "true", 0.002 → "2e-3", 3.0 → "3", {"a": 1} → '{"a": 1}'."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _float_text(value)
    if isinstance(value, dict | list):
        return json_text(value)
    return str(value)


def _float_text(value: float) -> str:
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if abs(value) < 1e-2:
        return format(Decimal(repr(value)), "e")
    return repr(value)
