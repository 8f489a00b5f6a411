"""The function of a child process that reads one file of a person's own, without training anything."""

from dataclasses import dataclass
from multiprocessing import connection
from pathlib import Path
from typing import Any

from trainer_bridge.errand_child import in_child
from trainer_bridge.own.files import Kind
from trainer_bridge.own.problems import problem_of
from trainer_bridge.own.wire import Catalogue, to_json


@dataclass(frozen=True)
class ReadJob:
    """``path`` is the file; ``folder`` the child's own, with what the file prints in output.log."""

    kind: Kind
    path: str
    folder: str


def main(job: ReadJob, pipe: connection.Connection) -> None:
    in_child(job.folder, 1, pipe, lambda tell: {"catalogue": to_json(_read(job)).decode()})


def _read(job: ReadJob) -> Catalogue:
    path = Path(job.path)
    try:
        return Catalogue({}, tuple(_recipes(job.kind, path)))
    except BaseException as error:
        # A script may end itself in any way.
        return Catalogue({}, (), (problem_of(job.kind, path, error),))


def _recipes(kind: Kind, path: Path) -> Any:
    from trainer_bridge.own import recipe_file, script_file

    return recipe_file.load(path) if kind == "recipe" else [script_file.read(path)]
