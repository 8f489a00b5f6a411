"""Recipes by name in a process that trains: built-in ones, and those in the worker's folder."""

from collections.abc import Iterator
from pathlib import Path

from trainer_bridge import recipes
from trainer_bridge.own.files import NotOffered
from trainer_bridge.own.places import files_in, places, problem_with
from trainer_bridge.own.recipe_file import load
from trainer_bridge.recipes import Recipe


def is_script(name: str) -> bool:
    """Whether a recipe of this name is a script: those are called like their files."""
    return name.endswith(".py")


def find(name: str) -> Recipe:
    """The recipe of this name. Runs files of the person's folder until one defines it, those that mention it first.

    Raises KeyError when there is none, and what the file raises that should have it.
    """
    if name in recipes.catalog():
        return recipes.get(name)
    if is_script(name):
        from trainer_bridge.own.script_file import read, script_path

        return read(script_path(name))
    for path in _likely_first(name):
        for recipe in _recipes_in(path, name):
            if recipe.name == name:
                return recipe
    raise KeyError(f"There is no recipe {name!r} here, neither a built-in one nor one in {places().recipe}.")


def _likely_first(name: str) -> list[Path]:
    return sorted(
        (path for path in files_in(places().recipe) if not problem_with(path)),
        key=lambda path: (not _mentions(path, name), path.name),
    )


def _mentions(path: Path, name: str) -> bool:
    """A name follows from a function's or class's, or is given as it is."""
    return _letters(name) in _letters(path.read_text(errors="replace"))


def _letters(text: str) -> str:
    return text.replace("-", "").replace("_", "").lower()


def _recipes_in(path: Path, name: str) -> Iterator[Recipe]:
    """Another file's mistake is no reason to fail."""
    try:
        yield from load(path)
    except NotOffered:
        return
    except Exception:
        if _mentions(path, name):
            raise
