"""The function that a warm child runs for an errand: from its payload to its result, through a pipe."""

import contextlib
import json
import logging
import math
import os
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import connection, parent_process
from pathlib import Path
from typing import Any, NoReturn

from trainer_bridge import errands
from trainer_bridge.child import last_line, prepare, redirect_output
from trainer_bridge.data_cache import remove_prepared
from trainer_bridge.own.places import Places

#: What a child does: given a function that says how far it is, it returns a dictionary.
Work = Callable[[Callable[[str], None]], dict[str, Any]]


@dataclass(frozen=True)
class ErrandJob:
    """What a child is given; ``folder`` is its own and goes away with it. ``threads`` are torch's.

    ``data_dir`` is the worker's: uploads lie in it, and a person's own recipes where no setting says otherwise.
    """

    errand: str
    attempt: int
    kind: str
    payload: dict[str, Any]
    folder: str
    data_dir: str
    threads: int = 1

    @property
    def log(self) -> Path:
        """What the errand printed."""
        return Path(self.folder) / "output.log"


def main(job: ErrandJob, pipe: connection.Connection) -> None:
    """Do the errand in this process and say the result through ``pipe``."""
    _at_home(job)
    in_child(job.folder, job.threads, pipe, lambda tell: errands.module_of(job.kind).run(job.payload, tell))


def stay(job: ErrandJob, pipe: connection.Connection) -> NoReturn:
    """Load what the errand is about, answer, and wait for further payloads through ``pipe`` until it closes.

    What cannot be loaded ends the process with its failure; an answer that fails does not.
    """
    _at_home(job)
    _begin(job.folder, job.threads)
    module, payload, held = errands.module_of(job.kind), job.payload, list[Any]()

    def work(tell: Callable[[str], None]) -> dict[str, Any]:
        held[:] = held or [module.load(payload, tell)]
        return dict(module.answer(held[0], payload, tell))

    with contextlib.suppress(EOFError, OSError):
        while True:
            _send(pipe, _outcome(work, pipe))
            if not held:
                break
            payload = json.loads(pipe.recv_bytes())
    os._exit(0)


def _at_home(job: ErrandJob) -> None:
    """Where the worker's data and a person's own recipes lie."""
    os.environ["TRAINBOARD_DATA_DIR"] = job.data_dir
    Places.of(job.data_dir).use()


def in_child(folder: str, threads: int, pipe: connection.Connection, work: Work) -> NoReturn:
    """Do ``work`` in this process, which ends with it; its output goes to output.log in ``folder``.

    Messages are JSON objects with one of the keys "progress", "result" and "failure".
    """
    _begin(folder, threads)
    _send(pipe, _outcome(work, pipe))
    sys.stdout.flush()
    sys.stderr.flush()
    remove_prepared()
    # Threads and atexit handlers of libraries have nothing left to do.
    os._exit(0)


def _begin(folder: str, threads: int) -> None:
    os.setsid()
    redirect_output(Path(folder) / "output.log")
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s", force=True)
    _die_first()
    _die_with_the_worker()
    tempfile.tempdir = folder
    prepare(threads)


def _outcome(work: Work, pipe: connection.Connection) -> dict[str, Any]:
    try:
        result = plain(work(lambda text: _send(pipe, {"progress": str(text)})))
        if (size := len(json.dumps(result))) > errands.MAX_RESULT:
            raise ValueError(f"The result is too large: {size} bytes; the most is {errands.MAX_RESULT}.")
    except BaseException as error:
        # SystemExit out of somebody's code is a failure as well.
        return {"failure": last_line(error), "details": traceback.format_exc()}
    return {"result": result}


def plain(value: Any) -> Any:
    """``value`` as JSON that every reader takes: a number that is none becomes "NaN", "Infinity" or "-Infinity"."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, float):
        return float(value)  # NumPy's is one too, but not every writer takes it
    if isinstance(value, dict):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    if isinstance(value, str | int | float | bool) or value is None:
        return value
    return plain(value.item()) if hasattr(value, "item") else str(value)


def _send(pipe: connection.Connection, message: dict[str, Any]) -> None:
    with contextlib.suppress(OSError):  # the worker that listened is gone
        pipe.send_bytes(json.dumps(message).encode())


def _die_first() -> None:
    """Where memory runs out, the system should end this process and none of the trainings beside it."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


def _die_with_the_worker() -> None:
    worker = parent_process()
    if worker is not None:
        threading.Thread(target=_watch, args=(worker.sentinel,), name="lifeline", daemon=True).start()


def _watch(sentinel: int) -> None:
    connection.wait([sentinel])
    os._exit(1)
