"""What was done to a sweep, as its page tells it: who, when, what it was before and after."""

from typing import Any

from dashboard.numbers import config_value
from runs.models import Sweep, SweepEvent

#: The last so many stand on the page; all of them are in REST.
SHOWN = 50


def events_of(sweep: Sweep) -> list[dict[str, Any]]:
    """The last events, the newest first: {"event", "before", "after"}."""
    return [{"event": event, **_sides(event)} for event in sweep.events.all()[:SHOWN]]


def _sides(event: SweepEvent) -> dict[str, str]:
    """Before → after where both are known and short; longer ones are told by the sentence."""
    if event.before is None or isinstance(event.after, dict) or isinstance(event.before, dict):
        return {"before": "", "after": ""}
    return {"before": config_value(event.before), "after": config_value(event.after)}
