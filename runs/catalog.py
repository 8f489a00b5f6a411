"""Every recipe that can be chosen: the built-in ones, and those of a person's own that the workers reported.

The web process never runs a person's code: what it knows of an own recipe is what a worker read out of it.
"""

import hashlib
import logging
import time
from collections.abc import Iterable, Iterator
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
    """The files of connected workers that offer nothing, or something else than on another worker, with the reason."""
    here = [found for found in reported() if found.is_here]
    told = [
        (found, problem)
        for found in here
        for problem in (*found.catalogue.problems, *_other_texts(found, here))
    ]
    return [
        OwnProblem(found.worker, found.catalogue.folders.get(problem.kind, ""), problem)
        for found, problem in told
    ]


def _other_texts(found: Reported, here: list[Reported]) -> Iterator[FileProblem]:
    """A recipe that an earlier worker has with another text: a run trains the one of the worker that takes it."""
    earlier = here[: here.index(found)]
    known = {
        recipe.name: (other.worker, recipe)
        for other in reversed(earlier)
        for recipe in other.catalogue.recipes
    }
    for recipe in found.catalogue.recipes:
        worker, first = known.get(recipe.name, ("", recipe))
        if recipe.own and first.own and recipe.own.digest != first.own.digest:
            sentence = (
                f"It is not the file that {worker} has. A run trains that of the worker which takes it."
            )
            yield FileProblem(recipe.own.kind, recipe.own.name, sentence)


def version() -> str:
    """Changes with everything that a page shows of own recipes."""
    told = [f"{found.worker} {found.is_here} {found.digest}" for found in reported()]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:16]


def folders() -> dict[str, str]:
    """Kind → the folder where connected workers look for own files; of several workers the first one's."""
    return next((found.catalogue.folders for found in reported() if found.is_here), {})


def trainable_by(worker: str) -> list[str]:
    """The names of the recipes that a worker may be given."""
    names = WorkerCatalogue.objects.filter(worker__name=worker).values_list("names", flat=True).first()
    return [*recipes.catalog(), *(names or [])]


def lacking(names: Iterable[Any]) -> dict[str, list[str]]:
    """Connected worker → those of the recipes ``names`` that it has not; a worker that has all is left out."""
    own = {name for name in names if isinstance(name, str) and name not in recipes.catalog()}
    told = {
        found.worker: sorted(n for n in own if not _has(found, n)) for found in reported() if found.is_here
    }
    return {worker: missing for worker, missing in told.items() if missing}


def why_nobody_can(name: Any) -> str:
    """Why no connected worker can train the recipe of this name, in words; "" when one can."""
    if name in recipes.catalog() or any(found.is_here and _has(found, name) for found in reported()):
        return ""
    return f"no connected worker has the recipe {name}"


def report(worker: str, data: bytes) -> bool:
    """A worker says what it has (JSON of trainer_bridge/own/wire.py); whether that is new.

    Raises ValueError where it makes no sense.
    """
    digest = hashlib.sha256(data).hexdigest()
    if WorkerCatalogue.objects.filter(worker__name=worker, digest=digest).exists():
        return False
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
    return True


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
