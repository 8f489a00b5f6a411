"""Objects and lists typed as JSON: read with the place of the first mistake, and judged. No torch here."""

import json
import math
from typing import Any

#: What the decoder of Python says, in words for people.
_WORDS = {
    "Expecting property name enclosed in double quotes": "a name in double quotes is missing",
    "Expecting ':' delimiter": "a : is missing",
    "Expecting ',' delimiter": "a comma or the closing bracket is missing",
    "Expecting value": "a value is missing. Texts stand in double quotes; true, false and null in small letters",
    "Illegal trailing comma before end of object": "the last comma has nothing after it",
    "Illegal trailing comma before end of array": "the last comma has nothing after it",
    "Extra data": "something follows after the end",
    "Unterminated string starting at": "a text begins that does not end",
    "Invalid control character at": "a line break or tab stands in a text; write \\n or \\t",
}


def parse_json(text: str) -> Any:
    """The value that JSON ``text`` means. Raises ValueError with a sentence that names line and column."""
    try:
        return json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        words = _WORDS.get(error.msg, error.msg)
        raise ValueError(f"Is not JSON at line {error.lineno}, column {error.colno}: {words}.") from None
    except RecursionError:
        raise ValueError("Is nested too deeply.") from None


def json_text(value: Any, width: int = 60) -> str:
    """``value`` as JSON that ``parse_json`` reads back: on one line where it fits in ``width`` characters."""
    line = json.dumps(value, ensure_ascii=False)
    return line if len(line) <= width else json.dumps(value, ensure_ascii=False, indent=2)


def json_problem(value: Any, path: str = "") -> str | None:
    """Why ``value`` cannot be stored as JSON, as a sentence that names the place; None if it can."""
    if isinstance(value, dict):
        return _first(
            f"The name {name!r} must be text."
            if not isinstance(name, str)
            else json_problem(part, f"{path}.{name}".lstrip("."))
            for name, part in value.items()
        )
    if isinstance(value, list):
        return _first(json_problem(part, f"{path}[{place}]") for place, part in enumerate(value))
    if isinstance(value, float) and not math.isfinite(value):
        return f"{path} must be a finite number."
    if value is None or isinstance(value, bool | int | float | str):
        return None
    return f"{path} cannot be a {type(value).__name__}."


def _first(problems: Any) -> str | None:
    return next((problem for problem in problems if problem), None)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; the decoder by itself would keep only the last of two equal names."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"“{name}” stands twice in one object.")
        found[name] = value
    return found


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number that JSON knows.")
