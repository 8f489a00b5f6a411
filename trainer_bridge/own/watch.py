"""Watches a worker's two folders: what changes there is read again and told to the server."""

import logging
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from trainer_bridge.launcher import Launcher
from trainer_bridge.own import reader
from trainer_bridge.own.files import WORDS, FileProblem, Kind
from trainer_bridge.own.places import FOLDERS, MAX_FILES, Places, files_in
from trainer_bridge.own.wire import Catalogue, to_json
from trainer_bridge.recipes.base import Recipe
from trainer_bridge.rest import NotAllowed, ServerAway, WorkerApi

log = logging.getLogger("trainer_bridge")

#: Seconds between two looks at the folders, and between two reports of what did not change: a server may have lost it.
LOOK_EVERY = 1.0
TELL_EVERY = 60.0
#: Bytes of a report; the server takes a little more.
MAX_REPORT = 900_000
#: Files of helpers whose change is noticed.
MAX_HELPERS = 1000
#: A script without any of these is a helper of others.
_SCRIPT = re.compile(rb"ArgumentParser|__main__|Trainer\(")

Stamp = tuple[int, int]


class _Read(NamedTuple):
    """What a file offered when it and its helpers were as ``stamps`` says."""

    stamps: tuple[object, ...]
    catalogue: Catalogue


class OwnFiles:
    """``start`` once the launcher is warm. Told of on the worker's console: what is new, what is wrong."""

    def __init__(self, places: Places, launcher: Launcher, api: WorkerApi) -> None:
        self.places, self._launcher, self._api = places, launcher, api
        self._files: dict[tuple[Kind, str], _Read] = {}
        self._catalogue = Catalogue(places.to_json())
        self._told_at = -TELL_EVERY
        self._trouble = ""
        self._stopping = threading.Event()

    @property
    def told(self) -> bool:
        """Whether the server knows what there is."""
        return self._told_at > 0

    def start(self) -> None:
        threading.Thread(target=self._loop, name="own-files", daemon=True).start()

    def stop(self) -> None:
        self._stopping.set()

    def _loop(self) -> None:
        while not self._stopping.is_set():
            try:
                self.look()
            except Exception:
                log.exception("the folders of own recipes and scripts could not be looked at")
            self._stopping.wait(LOOK_EVERY)

    def look(self) -> None:
        """Read what changed, and tell the server when something did or it is time to."""
        now = {kind: self._look_at(kind) for kind in FOLDERS}
        catalogue = _joined(self.places, [part for parts in now.values() for part in parts])
        changed = catalogue != self._catalogue
        if changed:
            _say_what_changed(self._catalogue, catalogue)
            self._catalogue = catalogue
        if changed or time.monotonic() - self._told_at >= TELL_EVERY:
            self._tell()

    def _look_at(self, kind: Kind) -> list[Catalogue]:
        """What each file of a kind offers, read again where the file or a helper changed."""
        folder = self.places.folder(kind)
        helpers = tuple(_helpers(folder))
        seen: dict[tuple[Kind, str], _Read] = {}
        for path in files_in(folder):
            stamps = (_stamp(path), *helpers)
            before = self._files.get((kind, path.name))
            if before is not None and before.stamps == stamps:
                seen[kind, path.name] = before
            elif not self._stopping.is_set():
                seen[kind, path.name] = _Read(stamps, self._read(kind, path))
        too_many = _too_many(kind, folder)
        gone = [key for key in self._files if key[0] == kind]
        self._files = {key: read for key, read in self._files.items() if key not in gone} | seen
        return [*(read.catalogue for read in seen.values()), *too_many]

    def _read(self, kind: Kind, path: Path) -> Catalogue:
        if kind == "script" and _is_helper(path):
            return Catalogue({})
        return reader.read(self._launcher, kind, path)

    def _tell(self) -> None:
        try:
            self._api.report_recipes(_fitting(self._catalogue))
        except NotAllowed:
            self._told_at = -TELL_EVERY  # which the worker's heartbeat says
        except ServerAway as problem:
            self._told_at = -TELL_EVERY
            if (trouble := str(problem)) != self._trouble:
                log.warning("own recipes and scripts cannot be told to the server: %s", problem)
                self._trouble = trouble
        else:
            self._told_at, self._trouble = time.monotonic(), ""


def _too_many(kind: Kind, folder: Path) -> list[Catalogue]:
    left_out = list(files_in(folder, after=MAX_FILES))
    if not left_out:
        return []
    sentence = f"It and {len(left_out) - 1} files after it are not read: {MAX_FILES} are, by name."
    return [Catalogue({}, (), (FileProblem(kind, left_out[0].name, sentence),))]


def _helpers(folder: Path) -> Iterator[tuple[str, Stamp | None]]:
    """Python files that others may import: names that begin with _, and folders below this one."""
    beside = folder.glob("_*.py")
    below = folder.glob("[!._]*/**/*.py")
    for _, path in zip(range(MAX_HELPERS), (*beside, *below), strict=False):
        yield str(path), _stamp(path)


def _stamp(path: Path) -> Stamp | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def _is_helper(path: Path) -> bool:
    try:
        return not _SCRIPT.search(path.read_bytes())
    except OSError:
        return False


def _joined(places: Places, parts: list[Catalogue]) -> Catalogue:
    """One catalogue of all files; of two recipes with one name the file that comes first has it."""
    recipes: dict[str, Recipe] = {}
    problems = [problem for part in parts for problem in part.problems]
    for recipe in (recipe for part in parts for recipe in part.recipes):
        taken = recipes.setdefault(recipe.name, recipe)
        if taken is not recipe and recipe.own is not None and taken.own is not None:
            sentence = (
                f"The recipe {recipe.name} is in {taken.own.name} already: give one of them another name."
            )
            problems.append(FileProblem(recipe.own.kind, recipe.own.name, sentence))
    return Catalogue(places.to_json(), tuple(recipes.values()), tuple(problems))


def _fitting(catalogue: Catalogue) -> bytes:
    """The report, without the last recipes where all of them are too much for the server."""
    data = to_json(catalogue)
    if len(data) <= MAX_REPORT:
        return data
    last = catalogue.recipes[-1]
    log.warning("there are too many own recipes and scripts: %s is left out", last.name)
    return _fitting(replace(catalogue, recipes=catalogue.recipes[:-1]))


def _say_what_changed(before: Catalogue, after: Catalogue) -> None:
    known = {recipe.name: recipe.own for recipe in before.recipes}
    for recipe in after.recipes:
        if recipe.own is not None and known.get(recipe.name) != recipe.own:
            verb = "changed" if recipe.name in known else "offered"
            log.info("%s %s (%s): %s", WORDS[recipe.own.kind], recipe.name, recipe.own.name, verb)
    for name in known.keys() - {recipe.name for recipe in after.recipes}:
        log.info("%s is not offered any more", name)
    for problem in after.problems:
        if problem not in before.problems:
            log.warning("%s %s: %s", WORDS[problem.kind], problem.place, problem.sentence)
