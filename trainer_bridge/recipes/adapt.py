"""What a person may write as a recipe, made the one thing that the rest calls: ``build(**values) -> TrainerParts``."""

import functools
import inspect
import typing
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from trainer_bridge.fields import did_you_mean
from trainer_bridge.recipes.parts import TrainerParts

_WHOLE = ("seed", "model", "data")


def adapted(build: Callable[..., Any]) -> Callable[..., TrainerParts]:
    """A function or class as a function that may be given a seed and returns TrainerParts."""
    if isinstance(build, type):
        build = _function_of(build)
    takes_seed = "seed" in inspect.signature(build).parameters

    @functools.wraps(build)
    def call(**values: Any) -> TrainerParts:
        if not takes_seed:
            values.pop("seed", None)
        return parts_of(build(**values))

    return call


def parts_of(returned: Any) -> TrainerParts:
    """What a recipe returned as TrainerParts. Raises TypeError with a sentence for anything else that makes none."""
    if isinstance(returned, TrainerParts):
        return returned
    if not isinstance(returned, Mapping):
        raise TypeError(
            "A recipe returns TrainerParts or a dictionary of the Trainer's arguments, "
            f"not {type(returned).__name__}."
        )
    known = [field.name for field in fields(TrainerParts)]
    if unknown := [name for name in returned if name not in known]:
        raise TypeError(_unknown(unknown[0], known))
    parts = TrainerParts(**returned)
    if parts.train_dataset is None or (parts.model is None and parts.model_init is None):
        lacks = "train_dataset" if parts.train_dataset is None else "model"
        raise TypeError(f"What the recipe returned lacks {lacks}.")
    return parts


def _unknown(name: str, known: list[str]) -> str:
    if name == "args":
        return "The recipe returned args: training arguments are the run's own. Give defaults in @recipe(arguments=…)."
    return f"The recipe returned {name}, which is none of {', '.join(known)}.{did_you_mean(name, known)}"


def _function_of(cls: type) -> Callable[..., Any]:
    """A class is made with its parameters; its method ``build`` may ask for seed, model and data."""
    if not callable(method := getattr(cls, "build", None)):
        raise TypeError(f"{cls.__name__} needs a method build() that returns what the Trainer takes")
    asked = [p for p in inspect.signature(method).parameters.values() if p.name in _WHOLE]

    @functools.wraps(cls, updated=())
    def build(**values: Any) -> Any:
        whole = {p.name: values.pop(p.name) for p in asked if p.name in values}
        return method(cls(**values), **whole)

    own = list(inspect.signature(cls).parameters.values())
    keyword = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in (*own, *asked)]
    build.__signature__ = inspect.Signature(keyword)  # type: ignore[attr-defined]
    build.__annotations__ = _hints(cls)
    del build.__wrapped__
    return build


def _hints(cls: Any) -> dict[str, Any]:
    """The types of what a class is made with: a dataclass has them itself, another class at ``__init__``."""
    return typing.get_type_hints(cls if is_dataclass(cls) else cls.__init__, include_extras=True)
