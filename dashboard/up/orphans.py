"""Processes that a killed child left behind come to `up`, which ends them: nothing trains unseen."""

import contextlib
import ctypes
import os
import sys
import time

PR_SET_CHILD_SUBREAPER = 36
#: Seconds an orphan gets to end by itself.
GRACE = 3.0


def adopt_orphans() -> None:
    """Make this process the parent of its descendants' orphans; only Linux can."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end_orphans(known: set[int]) -> None:
    """End this process' children other than ``known``: first asked, then killed; theirs follow."""
    import psutil

    known = known | {os.getpid()}
    deadline = time.monotonic() + GRACE
    while orphans := [child for child in psutil.Process().children() if child.pid not in known]:
        for orphan in orphans:
            with contextlib.suppress(psutil.NoSuchProcess):
                orphan.kill() if time.monotonic() > deadline else orphan.terminate()
            with contextlib.suppress(ChildProcessError):
                os.waitpid(orphan.pid, os.WNOHANG)
        time.sleep(0.05)
