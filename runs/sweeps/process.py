"""The process that has Optuna, as the server sees it: started when first asked, ended when nobody asks for a while."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import IO, Any, cast

from django.conf import settings

#: Seconds that an answer may take; a Gaussian process imports torch first.
TIMEOUT = 120.0
#: Seconds after which a process that nobody asked is ended.
IDLE = 300.0

Ask = Callable[[str, dict[str, Any]], Any]


class StudyError(RuntimeError):
    """Optuna could not do it; the text says why. Asked again it would say the same."""


class StudyGone(RuntimeError):
    """The process died or did not answer in time; another one may."""


class StudyProcess:
    """One process; requests wait for each other."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._asked_at = 0.0

    def ask(self, kind: str, request: dict[str, Any], timeout: float = TIMEOUT) -> Any:
        """The answer to a request (runs/sweeps/study). Raises StudyError or StudyGone."""
        line = json.dumps({"kind": kind, "request": request}).encode() + b"\n"
        with self._lock:
            answer = self._answer(line, timeout)
            self._asked_at = time.monotonic()
        if "error" in answer:
            raise StudyError(answer["error"])
        return answer["result"]

    def close(self) -> None:
        """End the process, also while somebody waits for its answer; the next request starts another."""
        if (process := self._process) is not None:
            process.kill()
        with self._lock:
            self._end()

    def close_if_idle(self) -> None:
        """End it when nobody has asked for a while; a request that runs is waited for by nobody."""
        if time.monotonic() - self._asked_at > IDLE and self._lock.acquire(blocking=False):
            try:
                self._end()
            finally:
                self._lock.release()

    def _answer(self, line: bytes, timeout: float) -> dict[str, Any]:
        process = self._running()
        requests, answers = cast(IO[bytes], process.stdin), cast(IO[bytes], process.stdout)
        # A process that hangs is killed, which ends the reading below.
        timer = threading.Timer(timeout, process.kill)
        timer.start()
        try:
            requests.write(line)
            requests.flush()
            answer = answers.readline()
        except OSError:
            answer = b""
        finally:
            timer.cancel()
        if not answer:
            self._end()
            raise StudyGone("The process that makes suggestions ended, or gave no answer in time.")
        return json.loads(answer)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            command = [sys.executable, "-m", "runs.sweeps.study"]
            # One thread: the machine belongs to the trainings.
            threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
            self._process = subprocess.Popen(  # noqa: S603
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                cwd=settings.BASE_DIR,
                env=os.environ | threads,
            )
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            with suppress(OSError):  # what was not written when it died
                cast(IO[bytes], pipe).close()


#: One for suggestions, one for pruning: a slow suggestion must not let a bad trial train on.
suggesting = StudyProcess()
judging = StudyProcess()
