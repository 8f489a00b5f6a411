"""The catalogue of a worker as JSON: what it reports to the server, and what the server makes recipes of again."""

import typing
from dataclasses import MISSING, dataclass, fields
from typing import Any

import msgspec

from trainer_bridge.own.files import FileProblem
from trainer_bridge.recipes.base import Recipe


@dataclass(frozen=True)
class Catalogue:
    """``folders``: kind → the folder on the worker's machine. ``recipes`` hold those of scripts too."""

    folders: dict[str, str]
    recipes: tuple[Recipe, ...] = ()
    problems: tuple[FileProblem, ...] = ()


def _not_here(*_: Any, **__: Any) -> Any:
    raise RuntimeError("A recipe of a worker can be described here, but only the worker can build it.")


def _member(field: Any, hint: Any) -> tuple[Any, ...]:
    """The field in the form that defstruct takes; what has a default may be missing, for an older worker."""
    if field.default is not MISSING:
        return (field.name, hint, field.default)
    if field.default_factory is not MISSING:
        return (field.name, hint, msgspec.field(default_factory=field.default_factory))
    return (field.name, hint)


# Everything that a recipe says of itself; the function that builds it stays with the worker.
_hints = typing.get_type_hints(Recipe)
_Told: Any = msgspec.defstruct(
    "_Told",
    [_member(field, _hints[field.name]) for field in fields(Recipe) if field.name != "build"],
    kw_only=True,
)


class _Report(msgspec.Struct):
    folders: dict[str, str]
    recipes: list[_Told]
    problems: list[FileProblem]


def to_json(catalogue: Catalogue) -> bytes:
    """The catalogue as it is reported."""
    told = [_told(recipe) for recipe in catalogue.recipes]
    return msgspec.json.encode(_Report(catalogue.folders, told, list(catalogue.problems)))


def from_json(data: bytes | str) -> Catalogue:
    """What ``to_json`` wrote. Raises ValueError with the place where it makes no sense."""
    try:
        report = msgspec.json.decode(data, type=_Report)
    except msgspec.DecodeError as error:
        raise ValueError(str(error)) from error
    recipes = tuple(_recipe(told) for told in report.recipes)
    return Catalogue(report.folders, recipes, tuple(report.problems))


def _told(recipe: Recipe) -> Any:
    return _Told(
        **{field.name: getattr(recipe, field.name) for field in fields(recipe) if field.name != "build"}
    )


def _recipe(told: Any) -> Recipe:
    return Recipe(**msgspec.structs.asdict(told), build=_not_here)
