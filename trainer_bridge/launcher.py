"""Starts training children out of a warm process that has torch and transformers imported already.

A forkserver imports ``trainer_bridge.preload`` once; every child is forked from it, so its first step comes
in less than a second and not after ten. The forkserver's environment is that of every child, fixed when it
starts.
"""

import contextlib
import logging
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from multiprocessing import connection, forkserver
from pathlib import Path
from types import ModuleType

import psutil

from trainer_bridge import errand_child
from trainer_bridge.errand_child import ErrandJob
from trainer_bridge.job import Job
from trainer_bridge.own import reader_child
from trainer_bridge.own.reader_child import ReadJob

log = logging.getLogger("trainer_bridge")

PRELOAD = [
    f"trainer_bridge.{name}" for name in ("preload", "launcher", "child", "errand_child", "callback", "spec")
]
#: Modules whose import is what makes a start slow; a warm child has all of them.
HEAVY = ("torch", "transformers.trainer")
ENVIRONMENT = {
    # One thread at the fork: a pool of threads does not survive it. A child sets its own number.
    "OMP_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "PYTHONUNBUFFERED": "1",
}


class Child:
    """A started training process, the leader of its own group."""

    def __init__(self, process: multiprocessing.process.BaseProcess) -> None:
        self._process = process
        self.pid: int = process.pid or 0

    def wait(self, timeout: float | None = None) -> bool:
        """Whether it has ended, within ``timeout`` seconds."""
        self._process.join(timeout)
        return self._process.exitcode is not None and not self._lives_on()

    @property
    def exit_code(self) -> int | None:
        """Its exit status, −n for signal n, None while it runs or when nobody saw how it ended."""
        return None if self._unseen() else self._process.exitcode

    def terminate(self) -> None:
        """Ask it to save and stop."""
        if self._process.exitcode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGTERM)

    def kill(self) -> None:
        """End it and everything it started, now."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
            return
        # It has not come to making its own group.
        if self._process.exitcode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    def _unseen(self) -> bool:
        """The forkserver died, so nobody could wait for the child; multiprocessing says 255 then."""
        return self._process.exitcode == 255

    def _lives_on(self) -> bool:
        if not self._unseen():
            return False
        try:
            return psutil.Process(self.pid).status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return False


class Launcher:
    """The forkserver of this process; there is one, however many Launchers ask for it."""

    _lock = threading.Lock()

    def __init__(self) -> None:
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(PRELOAD)

    def warm_up(self) -> float:
        """Start the forkserver and run one child that does nothing; the seconds it took.

        Raises RuntimeError when the child could not import what it needs, with where to look.
        """
        began = time.monotonic()
        process = self._start(_check_warm)
        process.join()
        if process.exitcode != 0:
            raise RuntimeError(
                "The training process could not load torch and transformers; its error stands above."
            )
        return time.monotonic() - began

    def start(self, job: Job) -> Child:
        """Start ``job`` in a child of its own. Raises OSError or EOFError when the forkserver cannot be
        had.
        """
        return Child(self._start(_run, job))

    def start_errand(self, job: ErrandJob, pipe: connection.Connection) -> Child:
        """Start an errand in a child of its own, which speaks through ``pipe``. Raises as ``start`` does."""
        return Child(self._start(errand_child.main, job, pipe))

    def start_resident(self, job: ErrandJob, pipe: connection.Connection) -> Child:
        """Start an errand whose process stays for further questions through ``pipe``. Raises as ``start`` does."""
        return Child(self._start(errand_child.stay, job, pipe))

    def start_reading(self, job: ReadJob, pipe: connection.Connection) -> Child:
        """Start to read a person's file in a child of its own. Raises as ``start`` does."""
        return Child(self._start(reader_child.main, job, pipe))

    def _start(self, target: "object", *args: object) -> multiprocessing.process.BaseProcess:
        process = self._context.Process(target=target, args=args)  # type: ignore[arg-type]
        with self._lock, _forkserver_environment(), _without_main():
            forkserver.ensure_running()
            process.start()
        return process


def _run(job: Job) -> None:
    from trainer_bridge.child import main

    main(job)


def _check_warm() -> None:
    """Runs in a child: import what the preload should have, and say so if it had not."""
    missing = [name for name in HEAVY if name not in sys.modules]
    if missing:
        log.warning("not preloaded, so every start will be slow: %s", ", ".join(missing))
    import trainer_bridge.child
    import trainer_bridge.spec  # noqa: F401


@contextlib.contextmanager
def _forkserver_environment() -> Iterator[None]:
    """Our environment while a forkserver may start: it, and so its children, inherit what stands then."""
    root = str(Path(__file__).resolve().parent.parent)
    paths = [root, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    changes = ENVIRONMENT | {"PYTHONPATH": os.pathsep.join(dict.fromkeys(paths))}
    before = {name: os.environ.get(name) for name in changes}
    os.environ.update(changes)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextlib.contextmanager
def _without_main() -> Iterator[None]:
    """Hide ``__main__`` while a child starts: it would import it again (Celery, Django) and needs nothing of
    it.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main
