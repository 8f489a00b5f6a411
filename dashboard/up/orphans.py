"""Processes that a killed child left behind come to `up`, which sees that they end: nothing trains unseen."""

import contextlib
import ctypes
import os
import sys
import time

PR_SET_CHILD_SUBREAPER = 36
#: Seconds orphans get: a training whose worker died saves and ends by itself within 20.
GRACE = 25.0


def adopt_orphans() -> None:
    """Make this process the parent of its descendants' orphans; only Linux can."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


class Orphans:
    """Watches the children of this process that it did not start itself."""

    def __init__(self) -> None:
        self._since: float | None = None

    def left(self, known: set[int], grace: float = GRACE) -> bool:
        """Whether there are any beside the processes ``known``; those of ``grace`` seconds are killed.

        The age counts from the first call that saw some.
        """
        import psutil

        orphans = [child for child in psutil.Process().children() if child.pid not in known]
        now = time.monotonic()
        self._since = (self._since or now) if orphans else None
        for orphan in orphans:
            if now - (self._since or now) >= grace:
                with contextlib.suppress(psutil.NoSuchProcess):
                    orphan.kill()
            with contextlib.suppress(ChildProcessError):
                os.waitpid(orphan.pid, os.WNOHANG)
        return bool(orphans)
