"""Remembers the exception that ends this process: at exit nobody else knows of it."""

import sys
from types import TracebackType

_seen: BaseException | None = None
_watching = False


def watch() -> None:
    """See uncaught exceptions from now on; whoever handled them before still does."""
    global _watching
    if _watching:
        return
    _watching = True
    before = sys.excepthook

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        global _seen
        _seen = error
        before(kind, error, trace)

    sys.excepthook = hook


def seen() -> BaseException | None:
    """The uncaught exception, None when there was none."""
    return _seen
