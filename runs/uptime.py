"""Since when this server has listened without a break: only such time says that somebody was silent."""

import time
from datetime import datetime

from django.utils import timezone

#: Seconds, at least, by which a look may come late or early before it counts as a break.
TOLERANCE = 2.0


class Uptime:
    """``look`` is called every ``every`` seconds. ``since`` is when the latest break ended: the start of the
    server, a stop (SIGSTOP, a laptop asleep), a failure to store what was heard, or a clock that was set.
    ``now`` is when ``look`` looked: judged by it, a stop right after the look makes nobody silent.
    """

    def __init__(self, every: float) -> None:
        self._every, self._tolerance = every, max(TOLERANCE, every)
        self.break_now()

    def break_now(self) -> None:
        """What was heard until now may be unknown."""
        self.since: datetime = timezone.now()
        self.now = self.since
        self._clocks = _clocks()

    def look(self) -> bool:
        """Whether the server listened without a break since the last look."""
        before, self._clocks, self.now = self._clocks, _clocks(), timezone.now()
        passed = [now - then for now, then in zip(self._clocks, before, strict=True)]
        unbroken = all(abs(seconds - self._every) <= self._tolerance for seconds in passed)
        if not unbroken:
            self.break_now()
        return unbroken


def _clocks() -> tuple[float, float]:
    """The clock that people set, and the one that only goes on (s)."""
    return time.time(), time.monotonic()
