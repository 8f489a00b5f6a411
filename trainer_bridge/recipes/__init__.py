"""Recipes: every file of this package that holds one is offered. See docs/recipes.md for writing one."""

import functools
import importlib
import pkgutil
from types import MappingProxyType, ModuleType
from typing import TYPE_CHECKING

from trainer_bridge.recipes.base import Help, Parameter, Recipe, TrainerParts, recipe

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Help", "Parameter", "Recipe", "TrainerParts", "catalog", "get", "recipe"]


@functools.cache
def catalog() -> "Mapping[str, Recipe]":
    """Recipe name → recipe, the examples in the order they are shown. Imports no training library."""
    recipes = [found for module in _modules() for found in vars(module).values() if isinstance(found, Recipe)]
    return MappingProxyType({found.name: found for found in sorted(recipes, key=_order)})


def get(name: str) -> Recipe:
    """One recipe. Raises KeyError whose text names what exists."""
    if name not in catalog():
        raise KeyError(f"There is no recipe {name!r}. There are: {', '.join(catalog())}.")
    return catalog()[name]


def _modules() -> list[ModuleType]:
    names = [module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_")]
    return [importlib.import_module(f"{__name__}.{name}") for name in names]


#: The examples that need no choice first, then what is asked for most; a recipe that is not named stands behind them.
_FIRST = (
    "digits-vit",
    "language-id",
    "stdlib-lm",
    "text-classification",
    "text-regression",
    "token-classification",
    "question-answering",
    "multiple-choice",
    "seq2seq",
    "causal-lm",
    "masked-lm",
    "image-classification",
    "audio-classification",
)


def _order(found: Recipe) -> tuple[int, str]:
    return (_FIRST.index(found.name) if found.name in _FIRST else len(_FIRST), found.name)
