"""Processes that a killed child left behind come to `up`, which sees that they end: nothing trains unseen.

They are told by a mark in their environment, so whatever else belongs to `up`, such as the browser that it
opened, is left alone.
"""

import contextlib
import ctypes
import os
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from psutil import Process

PR_SET_CHILD_SUBREAPER = 36
#: The environment variable that what `up` starts, and all that this starts, carries.
MARK = "STARTED_BY_UP"
#: Seconds orphans get: a training whose worker died saves and ends by itself within 20.
GRACE = 25.0


def adopt_orphans() -> None:
    """Make this process the parent of its descendants' orphans; only Linux can."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def mark() -> dict[str, str]:
    """The environment that makes a process, once orphaned, one of ours."""
    return {MARK: str(os.getpid())}


def is_ours(process: "Process") -> bool:
    """Whether something that this `up` started has started ``process``."""
    import psutil

    try:
        return process.environ().get(MARK) == str(os.getpid())
    except psutil.ZombieProcess:
        return True  # dead, its environment gone: what is left to do is to take note of it
    except psutil.Error:
        return False


class Orphans:
    """Ends the marked children of this process that it did not start itself."""

    def __init__(self) -> None:
        self._asked: dict[int, float] = {}

    def left(self, known: set[int], grace: float = GRACE) -> bool:
        """Whether there are any beside the processes ``known``.

        Each is asked to end when first seen (a training saves then), and killed ``grace`` seconds later.
        """
        import psutil

        children = psutil.Process().children()
        orphans = [child for child in children if child.pid not in known and is_ours(child)]
        for orphan in orphans:
            with contextlib.suppress(psutil.NoSuchProcess):
                self._end(orphan, grace)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(orphan.pid, os.WNOHANG)
        return bool(orphans)

    def _end(self, orphan: "Process", grace: float) -> None:
        asked = self._asked.setdefault(orphan.pid, now := time.monotonic())
        if asked == now:
            orphan.terminate()
        elif now - asked >= grace:
            orphan.kill()
