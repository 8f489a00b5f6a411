"""Errands: short jobs that a page asks of a worker. One module a kind, with ``run(payload, tell) -> dict``.

``run`` is called in a warm child process of its own, which may import what it likes; ``tell(text)`` says how far it is.
The module itself imports no training library when it is imported. What it returns is JSON; where it raises, the person
is told the last line of the error, with the traceback one press away. ``TIME_LIMIT``, in seconds, may stand in the
module. Files belong under ``tempfile``: that folder is the errand's own and is removed with it.

A kind with ``BACKGROUND = True`` is asked for by the server alone, never over REST. It may take hours, goes on when no
page looks, and one worker does one of them at a time, so that short errands need not wait.
"""

import functools
import importlib
import pkgutil
from types import ModuleType

#: Bytes of JSON that a result may have.
MAX_RESULT = 512 * 1024
#: Errands that one worker does at once, beside its trainings.
AT_ONCE = 2
#: Seconds that an errand gets when its module does not say.
TIME_LIMIT = 120.0


@functools.cache
def names() -> tuple[str, ...]:
    """The kinds there are: "read-script" is the module read_script."""
    found = (module.name for module in pkgutil.iter_modules(__path__))
    return tuple(sorted(_kind(name) for name in found if not name.startswith("_")))


@functools.cache
def background() -> tuple[str, ...]:
    """The kinds that go on by themselves."""
    found = (
        importlib.import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)
    )
    return tuple(_kind(module.__name__) for module in found if getattr(module, "BACKGROUND", False))


def stays(kind: str) -> bool:
    """Whether the process of this kind stays for the next question: its module has ``STAYS``, ``key``, ``load`` and
    ``answer`` (trainer_bridge/residents.py)."""
    return hasattr(module_of(kind), "STAYS")


def module_of(kind: str) -> ModuleType:
    """The module of a kind. Raises KeyError whose text names what exists."""
    if kind not in names():
        raise KeyError(f"There is no errand {kind!r}. There are: {', '.join(names())}.")
    return importlib.import_module(f"{__name__}.{kind.replace('-', '_')}")


def time_limit(kind: str) -> float:
    """Seconds after which an errand of this kind is ended."""
    return float(getattr(module_of(kind), "TIME_LIMIT", TIME_LIMIT))


def _kind(module: str) -> str:
    return module.rpartition(".")[2].replace("_", "-")
