"""Steps per second as the server sees them, smoothed over a few seconds."""

import math
from collections import OrderedDict

#: Seconds over which the speed is smoothed.
OVER = 5.0
#: How many attempts are remembered; the last word of each is enough.
REMEMBERED = 1000

_last: OrderedDict[int, tuple[int, float]] = OrderedDict()


def steps_per_second(attempt_id: int, step: int, time: float, former: float | None) -> float | None:
    """The speed, given that ``step`` was reached at ``time`` (s); None while there is no former word."""
    before = _last.get(attempt_id)
    if before is None:
        _remember(attempt_id, step, time)
        return None
    steps, seconds = step - before[0], time - before[1]
    if seconds == 0:
        return None
    # A clock that was set back is believed at once: waiting until it catches up would hide the speed for hours.
    _remember(attempt_id, step, time)
    if steps < 0 or not seconds > 0:
        return None
    if former is None:
        return steps / seconds
    weight = 1 - math.exp(-seconds / OVER)
    return former + weight * (steps / seconds - former)


def forget() -> None:
    """Forget all attempts, as a server that starts does."""
    _last.clear()


def _remember(attempt_id: int, step: int, time: float) -> None:
    if math.isfinite(time):
        _last[attempt_id] = (step, time)
        _last.move_to_end(attempt_id)
    while len(_last) > REMEMBERED:
        _last.popitem(last=False)
