"""How many of the workers' device slots were used over the last day, from when attempts began and ended."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from runs.models import Attempt, Run
from trainer_bridge.launch_fields import Asked

DAY = timedelta(hours=24)
SPANS = 48
#: Seconds that a look is good for: a page that many look at asks the database no more often.
FRESH = 60.0

#: When it was looked up (monotonic), and what was found then.
_looked: "tuple[float, SlotUse | None] | None" = None


@dataclass(frozen=True)
class SlotUse:
    """Mean busy slots in each of SPANS equal spans up to now, the oldest first."""

    spans: tuple[float, ...]

    @property
    def mean(self) -> float:
        return sum(self.spans) / len(self.spans)


def slot_use() -> SlotUse | None:
    """Of the last day, at most FRESH seconds old; None when nothing trained. One query, or none."""
    global _looked
    if _looked is None or time.monotonic() - _looked[0] > FRESH:
        _looked = (time.monotonic(), measured(timezone.now()))
    return _looked[1]


def forget() -> None:
    """Look anew the next time."""
    global _looked
    _looked = None


def measured(now: datetime) -> SlotUse | None:
    """Of the day before ``now``. An attempt holds its slots until it ended, a silent one until it was last heard."""
    attempts = Attempt.objects.filter(run__origin=Run.Origin.WORKER, heard_at__gt=now - DAY).exclude(
        worker=""
    )
    rows = attempts.values_list("started_at", "ended_at", "heard_at", "run__spec__launch")
    held = [(begun, ended or heard, Asked.of(launch).slots) for begun, ended, heard, launch in rows]
    return SlotUse(_spans(held, now)) if held else None


def _spans(held: Iterable[tuple[datetime, datetime, int]], now: datetime) -> tuple[float, ...]:
    """Each (begun, ended, slots) laid over the spans."""
    width = DAY / SPANS
    busy = [0.0] * SPANS
    for begun, ended, slots in held:
        first, last = (max(0.0, min(SPANS, (at - (now - DAY)) / width)) for at in (begun, ended))
        for span in range(int(first), min(SPANS, int(last) + 1)):
            busy[span] += slots * max(0.0, min(last, span + 1) - max(first, span))
    return tuple(busy)
