"""What ties a child to `up`: its standard input is a pipe whose other end only `up` holds.

One byte means "go"; the end of the pipe means that `up` is gone, however it ended. Unlike Linux' parent death
signal this works on every Unix and cannot miss a parent that died early.
"""

import os
import signal
import sys
import threading

STDIN = 0


def wait_for_go() -> None:
    """Return when `up` says go; leave quietly when it ended before that."""
    if not os.read(STDIN, 1):
        sys.exit(0)


def stop_with_parent() -> None:
    """From now on, the end of `up` is a SIGTERM to this process."""
    threading.Thread(target=_watch, name="tether", daemon=True).start()


def _watch() -> None:
    while os.read(STDIN, 64):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
