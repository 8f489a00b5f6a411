"""A file of recipes, run so that it defines them. Only ever in a process of its own: it is somebody's code."""

import re
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

from trainer_bridge import recipes
from trainer_bridge.own.files import NotOffered
from trainer_bridge.own.sources import remember
from trainer_bridge.recipes.base import Recipe

_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,59}", re.ASCII)


def load(path: Path) -> list[Recipe]:
    """The recipes that a file defines. Raises NotOffered, or whatever the file itself raises."""
    text = path.read_bytes()
    module = _run(path, text)
    own = remember("recipe", path.name, text)
    found = [
        value for value in vars(module).values() if isinstance(value, Recipe) and _made_in(value, module)
    ]
    if not found:
        raise NotOffered("It holds no recipe: put @recipe() before a function or class.")
    return [replace(_checked(recipe), own=own) for recipe in found]


def _run(path: Path, text: bytes) -> ModuleType:
    """Its own text is compiled, never a stored compilation: those miss changes within a second."""
    module = ModuleType(f"own_{path.stem}")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module
    sys.dont_write_bytecode = True
    if str(path.parent) not in sys.path:
        sys.path.insert(0, str(path.parent))  # a helper beside it can be imported
    exec(compile(text, str(path), "exec"), vars(module))  # noqa: S102 - a person's own code is what is wanted
    return module


def _made_in(recipe: Recipe, module: ModuleType) -> bool:
    """Not one that the file has imported."""
    return recipe.build.__module__ == module.__name__


def _checked(recipe: Recipe) -> Recipe:
    if not _NAME.fullmatch(recipe.name) or recipe.name.endswith(".py"):
        raise NotOffered(f"“{recipe.name}” is no name for a recipe: small letters, digits, -, _ and . only.")
    if recipe.name in recipes.catalog():
        raise NotOffered(
            f"The name {recipe.name} belongs to a built-in recipe. Give it another: @recipe(name=…)."
        )
    return recipe
