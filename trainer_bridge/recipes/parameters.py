"""The parameters of a recipe's function as fields: read from their types, their defaults and what Help says."""

import inspect
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from trainer_bridge.fields import Field, Kind

Parameter = Field
#: Parameters that are groups of the spec, or the run's seed: no fields of their own.
GIVEN_WHOLE = frozenset({"model", "data"})
_NO_FIELDS = frozenset({"seed", *GIVEN_WHOLE})
_KINDS: dict[Any, Kind] = {int: "int", float: "float", bool: "bool", str: "text", dict: "json", list: "json"}
_SHAPES: dict[Any, Literal["object", "list"]] = {dict: "object", list: "list"}


@dataclass(frozen=True)
class Help:
    """Said about a recipe's parameter inside ``Annotated[int, Help("…", minimum=1)]``."""

    text: str
    minimum: float | None = None
    maximum: float | None = None
    multiple_of: int | None = None


class _Typed(NamedTuple):
    kind: Kind
    choices: tuple[str, ...] = ()
    shape: Literal["", "object", "list"] = ""
    optional: bool = False


def parameters_of(build: Callable[..., Any]) -> tuple[Parameter, ...]:
    """One field a parameter, in order. Raises TypeError naming a parameter that cannot be one."""
    hints = typing.get_type_hints(build, include_extras=True)
    given = inspect.signature(build).parameters
    return tuple(_parameter(name, given[name], hints.get(name)) for name in given if name not in _NO_FIELDS)


def _parameter(name: str, given: inspect.Parameter, hint: Any) -> Parameter:
    if hint is None or given.default is inspect.Parameter.empty:
        raise TypeError(f"{name} needs a type and a default, as in {name}: int = 1")
    said = next((m for m in getattr(hint, "__metadata__", ()) if isinstance(m, Help)), Help(""))
    try:
        typed = _typed(hint.__origin__ if hasattr(hint, "__metadata__") else hint)
    except TypeError as error:
        raise TypeError(f"{name}: {error}") from None
    return Parameter(
        name=name,
        kind=typed.kind,
        default=given.default,
        help=said.text,
        minimum=said.minimum,
        maximum=said.maximum,
        multiple_of=said.multiple_of,
        choices=typed.choices,
        shape=typed.shape,
        optional=typed.optional,
    )


def _typed(hint: Any) -> _Typed:
    origin, inside = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType) and len(inside) == 2 and type(None) in inside:
        return _typed(inside[inside[0] is type(None)])._replace(optional=True)
    if origin is Literal and all(isinstance(choice, str) for choice in inside):
        return _Typed("choice", inside)
    if (kind := _KINDS.get(origin or hint)) is None:
        raise TypeError(
            "a parameter may be int, float, bool, str, dict, list, a Literal of texts, or one of them or None, "
            f"not {hint}"
        )
    return _Typed(kind, shape=_SHAPES.get(origin or hint, ""))
