"""Steps and tokens per second as the server sees them, smoothed over a few seconds."""

import math
from collections import OrderedDict

#: Seconds over which the speed is smoothed.
OVER = 5.0
#: How many counts are remembered; the last word of each is enough.
REMEMBERED = 2000

#: What is counted of which attempt: (attempt, "steps").
Key = tuple[int, str]
_last: OrderedDict[Key, tuple[int, float]] = OrderedDict()


def per_second(key: Key, count: int, time: float, former: float | None) -> float | None:
    """The speed, given that ``count`` was reached at ``time`` (s); None while there is no former word."""
    before = _last.get(key)
    if before is None:
        _remember(key, count, time)
        return None
    more, seconds = count - before[0], time - before[1]
    if seconds == 0:
        return None
    # A clock that was set back is believed at once: waiting until it catches up would hide the speed for hours.
    _remember(key, count, time)
    if more < 0 or not seconds > 0:
        return None
    if former is None:
        return more / seconds
    weight = 1 - math.exp(-seconds / OVER)
    return former + weight * (more / seconds - former)


def restart(attempt_id: int) -> None:
    """What was counted of an attempt so far is not the beginning of a stretch any more."""
    for what in ("steps", "tokens"):
        _last.pop((attempt_id, what), None)


def forget() -> None:
    """Forget all counts, as a server that starts does."""
    _last.clear()


def _remember(key: Key, count: int, time: float) -> None:
    if math.isfinite(time):
        _last[key] = (count, time)
        _last.move_to_end(key)
    while len(_last) > REMEMBERED:
        _last.popitem(last=False)
