"""Kinds of errands that only tests ask for. Importing this makes them known, in the child process as well."""

from dataclasses import dataclass
from pathlib import Path

from trainer_bridge import errands
from trainer_bridge.errand_child import ErrandJob

FOLDER = str(Path(__file__).parent / "kinds")


@dataclass(frozen=True)
class KnownJob(ErrandJob):
    """Pickled by the name of this module, so that the child imports it."""


def know_them() -> None:
    if FOLDER not in errands.__path__:
        errands.__path__.append(FOLDER)
    errands.names.cache_clear()


def forget_them() -> None:
    errands.__path__.remove(FOLDER)
    errands.names.cache_clear()


know_them()
