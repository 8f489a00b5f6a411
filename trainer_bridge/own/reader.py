"""Reads a person's files in child processes of the worker: bounded in time, their output kept apart."""

import json
import logging
import shutil
import tempfile
from multiprocessing import connection
from pathlib import Path

from trainer_bridge.console import last_lines
from trainer_bridge.errand_watch import died
from trainer_bridge.launcher import Child, Launcher
from trainer_bridge.own.files import FileProblem, Kind
from trainer_bridge.own.places import problem_with
from trainer_bridge.own.reader_child import ReadJob
from trainer_bridge.own.wire import Catalogue, from_json

log = logging.getLogger("trainer_bridge")

#: Seconds that a file gets to define its recipes, or a script to come to parsing its arguments.
PATIENCE = 60.0


def read(launcher: Launcher, kind: Kind, path: Path) -> Catalogue:
    """What one file offers, or why it offers nothing. Blocks; raises nothing."""
    if sentence := problem_with(path):
        return _nothing(kind, path, sentence)
    folder = Path(tempfile.mkdtemp(prefix="trainboard-read-"))
    try:
        return _ask(launcher, ReadJob(kind, str(path), str(folder)))
    except Exception as error:
        log.exception("%s could not be read", path)
        return _nothing(kind, path, f"The worker could not read it: {error}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _ask(launcher: Launcher, job: ReadJob) -> Catalogue:
    mine, other = connection.Pipe(duplex=False)
    child = launcher.start_reading(job, other)
    other.close()
    try:
        return _answer(job, child, mine)
    finally:
        child.kill()
        child.wait(5)
        mine.close()


def _answer(job: ReadJob, child: Child, pipe: connection.Connection) -> Catalogue:
    path, output = Path(job.path), Path(job.folder) / "output.log"
    if not pipe.poll(PATIENCE):
        too_slow = (
            f"It took longer than {PATIENCE:.0f} s. What takes so long must come after {_GOALS[job.kind]}."
        )
        return _nothing(job.kind, path, too_slow, last_lines(output))
    try:
        message = json.loads(pipe.recv_bytes())
    except (EOFError, OSError):
        child.wait(5)
        return _nothing(job.kind, path, died(child.exit_code), last_lines(output))
    if "result" not in message:
        return _nothing(job.kind, path, message["failure"], message.get("details", ""))
    return from_json(message["result"]["catalogue"])


_GOALS: dict[Kind, str] = {
    "recipe": "its import: put it into the recipe's function",
    "script": "its HfArgumentParser has parsed the arguments",
}


def _nothing(kind: Kind, path: Path, sentence: str, details: str = "") -> Catalogue:
    return Catalogue({}, (), (FileProblem(kind, path.name, sentence, None, details),))
