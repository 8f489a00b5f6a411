"""The record of a sweep: what was done to it, by whom and when."""

from typing import Any

from runs.models import Sweep, SweepEvent


def record(
    sweep: Sweep, kind: str, text: str, *, before: Any = None, after: Any = None, user: Any = None
) -> SweepEvent:
    """Write an event; without a user it is Trainboard's own doing."""
    who = user.get_username() if user is not None and user.is_authenticated else ""
    return SweepEvent.objects.create(
        sweep=sweep, kind=kind, text=text, before=before, after=after, created_by=who
    )
