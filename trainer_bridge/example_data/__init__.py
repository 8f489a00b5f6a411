"""Data that comes with Trainboard: every file of this package that holds an example is offered as "example:<name>".

An example is a function that returns a ``datasets.Dataset``, or a dictionary of them by split ("train",
"validation", "test"). It imports what it needs inside, so that listing examples imports no training library.
"""

import functools
import importlib
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from trainer_bridge.fields import did_you_mean


@dataclass(frozen=True)
class Example:
    """``columns``: their names as they stand in the data; ``make`` returns it."""

    name: str
    title: str
    columns: tuple[str, ...]
    make: Callable[[], Any]

    @property
    def source(self) -> str:
        """What "data.source" says for it."""
        return f"example:{self.name}"


def example(*, name: str, title: str, columns: Iterable[str]) -> Callable[[Callable[[], Any]], Example]:
    """Make an Example of a function without arguments."""

    def wrap(make: Callable[[], Any]) -> Example:
        return Example(name, title, tuple(columns), make)

    return wrap


@functools.cache
def catalog() -> Mapping[str, Example]:
    """Name → example, by name. Imports no training library."""
    names = [module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_")]
    modules = [importlib.import_module(f"{__name__}.{name}") for name in names]
    found = [value for module in modules for value in vars(module).values() if isinstance(value, Example)]
    return MappingProxyType({one.name: one for one in sorted(found, key=lambda one: one.name)})


def unknown(name: str) -> str | None:
    """Why there is no such example, as a sentence; None if there is."""
    if name in catalog():
        return None
    hint = did_you_mean(name, catalog()) or f" There are: {', '.join(catalog())}."
    return f"There is no example “{name}”.{hint}"
