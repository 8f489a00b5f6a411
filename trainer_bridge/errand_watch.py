"""One errand's child, followed from its start to its last message: told of, ended when it is late or not wanted."""

import threading
import time
from multiprocessing import connection
from typing import Any

import msgspec

from trainer_bridge.console import last_lines
from trainer_bridge.errand_child import ErrandJob
from trainer_bridge.launcher import Child
from trainer_bridge.rest import NotAllowed, ServerAway, WorkerApi

#: Seconds between two words to the server about an errand; its answer says whether it is still wanted.
WORD_EVERY = 1.0
#: … and the least between two texts of progress.
PROGRESS_EVERY = 0.2


class Watch:
    """Follows one child from its start to its last message."""

    def __init__(
        self, job: ErrandJob, child: Child, pipe: connection.Connection, api: WorkerApi, limit: float
    ) -> None:
        self._job, self._child, self._pipe, self._api, self._limit = job, child, pipe, api, limit
        self._progress: str | None = None
        self._told_at = time.monotonic()

    def follow(self, stopping: threading.Event) -> dict[str, Any] | None:
        """Its last message; None when it was given up. Blocks."""
        began = time.monotonic()
        while not stopping.is_set():
            if time.monotonic() - began > self._limit:
                return {
                    "failure": f"It took longer than {self._limit:.0f} s and was ended.",
                    **self._output(),
                }
            if self._pipe.poll(PROGRESS_EVERY if self._progress else WORD_EVERY / 4):
                message = self._receive()
                if "progress" not in message:
                    return message
                self._progress = message["progress"]
            if not self._still_wanted():
                return None
        return None

    def _receive(self) -> dict[str, Any]:
        try:
            return msgspec.json.decode(self._pipe.recv_bytes())
        except (EOFError, OSError):
            self._child.wait(5)
            return {"failure": died(self._child.exit_code), **self._output()}

    def _still_wanted(self) -> bool:
        """Say that it is worked on, and how far it is; not with every look."""
        now = time.monotonic()
        if now - self._told_at < (WORD_EVERY if self._progress is None else PROGRESS_EVERY):
            return True
        self._told_at, progress, self._progress = now, self._progress, None
        try:
            return self._api.tell_errand(self._job.errand, self._job.attempt, progress=progress)
        except ServerAway:
            return True
        except NotAllowed:
            return False

    def _output(self) -> dict[str, str]:
        return {"details": last_lines(self._job.log)}


def died(code: int | None) -> str:
    """Why a child ended without a word, as a sentence."""
    if code == -9:
        return "Its process was killed. A process that takes more memory than there is ends like this."
    how = "nobody saw how" if code is None else f"by signal {-code}" if code < 0 else f"with exit code {code}"
    return f"Its process ended without a result, {how}."
