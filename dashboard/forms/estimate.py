"""The time estimate of the summary: from a rehearsal of this very form, else from similar runs, else none."""

import math
from dataclasses import dataclass

from dashboard.forms.reading import Reading
from dashboard.numbers import duration
from runs.estimate import estimate
from runs.models import Errand
from runs.workers import SlotsOverview


@dataclass(frozen=True)
class TimeEstimate:
    """``text`` is a range or a length; ``source`` says from what."""

    text: str
    source: str


def time_estimate(reading: Reading, slots: SlotsOverview, rehearsal: Errand | None) -> TimeEstimate | None:
    """``rehearsal`` is one of the form as it is now. A sweep's trials run as many at once as it and the slots allow."""
    at_once = min(max(1, slots.total), reading.plan.parallel or reading.trials or 1)
    rounds = max(1, math.ceil(reading.trials / at_once))
    seconds = (rehearsal.result or {}).get("seconds") if rehearsal else None
    if seconds is not None:
        about = "at most " if reading.space else "≈ "
        return TimeEstimate(f"{about}{duration(rounds * seconds)}", "from the rehearsal")
    found = estimate(reading.spec, reading.space)
    if found is None:
        return None
    source = f"from {found.runs} similar run{'s' if found.runs > 1 else ''}"
    return TimeEstimate(_range(rounds * found.low, rounds * found.high), source)


def _range(low: float, high: float) -> str:
    """34–41 min; one length where both read the same."""
    first, last = duration(low), duration(high)
    if first == last:
        return last
    shared = first.split(" ")[1:] == last.split(" ")[1:]
    return f"{first.split(' ')[0]}–{last}" if shared and first.count(" ") == 1 else f"{first} – {last}"
