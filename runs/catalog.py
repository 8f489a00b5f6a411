"""Every recipe that can be chosen: the built-in ones, and those of a person's own that the workers reported.

The web process never runs a person's code: what it knows of an own recipe is what a worker read out of it.
"""

import hashlib
import logging
import time
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from runs.models import Worker, WorkerCatalogue
from trainer_bridge import recipes
from trainer_bridge.own.files import FileProblem
from trainer_bridge.own.wire import Catalogue, from_json
from trainer_bridge.recipes import Recipe

log = logging.getLogger(__name__)

#: Seconds for which what was reported is not looked up again: a page asks for recipes many times.
FRESH = 1.0


@dataclass(frozen=True)
class Reported:
    """What one worker has; ``is_here`` while it is connected."""

    worker: str
    is_here: bool
    digest: str
    catalogue: Catalogue


@dataclass(frozen=True)
class OwnProblem:
    """A file that offers nothing, and the worker whose folder it lies in."""

    worker: str
    folder: str
    problem: FileProblem


#: When it was looked up (monotonic), and what was found then.
_looked: tuple[float, tuple[Reported, ...]] | None = None


def catalog() -> dict[str, Recipe]:
    """Recipe name → recipe: the built-in ones, then own ones by name. At most two queries."""
    own = _own()
    return {**recipes.catalog(), **{name: own[name] for name in sorted(own) if name not in recipes.catalog()}}


def find(name: Any) -> Recipe | None:
    """One recipe, None when there is none of that name. A built-in one costs no query."""
    if not isinstance(name, str):
        return None
    return recipes.catalog().get(name) or _own().get(name)


def problems() -> list[OwnProblem]:
    """The files of connected workers that offer nothing, each with its reason."""
    return [
        OwnProblem(found.worker, found.catalogue.folders.get(problem.kind, ""), problem)
        for found in reported()
        if found.is_here
        for problem in found.catalogue.problems
    ]


def folders() -> dict[str, str]:
    """Kind → the folder where connected workers look for own files; of several workers the first one's."""
    return next((found.catalogue.folders for found in reported() if found.is_here), {})


def trainable_by(worker: str) -> list[str]:
    """The names of the recipes that a worker may be given."""
    names = WorkerCatalogue.objects.filter(worker__name=worker).values_list("names", flat=True).first()
    return [*recipes.catalog(), *(names or [])]


def why_nobody_can(name: Any) -> str:
    """Why no connected worker can train the recipe of this name, in words; "" when one can."""
    if name in recipes.catalog() or any(found.is_here and _has(found, name) for found in reported()):
        return ""
    return f"no connected worker has the recipe {name}"


def report(worker: str, data: bytes) -> None:
    """A worker says what it has (JSON of trainer_bridge/own/wire.py). Raises ValueError where it makes no sense."""
    digest = hashlib.sha256(data).hexdigest()
    if WorkerCatalogue.objects.filter(worker__name=worker, digest=digest).exists():
        return
    told = from_json(data)
    values = {
        "digest": digest,
        "names": [recipe.name for recipe in told.recipes],
        "report": data.decode(),
        "reported_at": timezone.now(),
    }
    with transaction.atomic():
        row, _ = Worker.objects.get_or_create(name=worker, defaults={"heard_at": timezone.now()})
        WorkerCatalogue.objects.update_or_create(worker=row, defaults=values)
    forget()


def forget() -> None:
    """Look again at the next question."""
    global _looked
    _looked = None


def reported() -> tuple[Reported, ...]:
    """What every worker has: connected ones first, of those the one that reported last."""
    global _looked
    if _looked is None or time.monotonic() - _looked[0] > FRESH:
        _looked = (time.monotonic(), _look({} if _looked is None else {r.worker: r for r in _looked[1]}))
    return _looked[1]


def _look(known: dict[str, Reported]) -> tuple[Reported, ...]:
    """One small query, and one more when a catalogue changed."""
    rows = WorkerCatalogue.objects.order_by("-reported_at").values_list(
        "worker__name", "worker__state", "digest"
    )
    found = list(rows)
    changed = [name for name, _, digest in found if name not in known or known[name].digest != digest]
    read = {name: _read(text) for name, text in _reports(changed)} if changed else {}
    everyone = [
        Reported(name, state != Worker.State.GONE, digest, read.get(name) or known[name].catalogue)
        for name, state, digest in found
    ]
    return tuple(sorted(everyone, key=lambda each: not each.is_here))


def _reports(workers: list[str]) -> list[tuple[str, str]]:
    return list(
        WorkerCatalogue.objects.filter(worker__name__in=workers).values_list("worker__name", "report")
    )


def _read(text: str) -> Catalogue:
    """What is stored may be of another release of Trainboard; the worker tells it anew."""
    try:
        return from_json(text)
    except ValueError as error:
        log.warning("a stored catalogue of a worker cannot be read: %s", error)
        return Catalogue({})


def _own() -> dict[str, Recipe]:
    return {recipe.name: recipe for found in reversed(reported()) for recipe in found.catalogue.recipes}


def _has(found: Reported, name: Any) -> bool:
    return any(recipe.name == name for recipe in found.catalogue.recipes)
