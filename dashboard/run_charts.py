"""What the scripts of a page need to draw curves: its runs and series, and which direction is better."""

from collections.abc import Iterable, Sequence
from typing import Any

from runs.directions import greater_is_better, objectives_of
from runs.models import Run, Series
from runs.queries import counts_tokens
from runs.states import ENDED, State
from runs.timeline import Event

#: The most runs in the charts at once: beyond these a chart takes more than a frame or two to draw.
MOST_SHOWN = 100


def page_data(run: Run, events: Iterable[Event]) -> dict[str, Any]:
    """The charts of one run: what it measured, its events as flags."""
    keys = [key for key in _keys(run) if not key.startswith("system/")]
    return {**_data([run], keys), "single": True, "events": flags(events)}


def system_data(run: Run) -> dict[str, Any]:
    """The samples of the machine during one run."""
    keys = [key for key in _keys(run) if key.startswith("system/")]
    limits = run.environment.get("limits")
    known = limits if isinstance(limits, dict) else {}
    return {**_data([run], keys), "single": True, "only": "system/", "limits": known}


def _keys(run: Run) -> list[str]:
    rows = Series.objects.filter(run=run, count__gt=0).values_list("key", "count")
    return [key for key, count in rows if is_drawn(key, count)]


def project_data(runs: Sequence[Run], keys: Iterable[str], shown: Sequence[str]) -> dict[str, Any]:
    """The charts of a project's runs; ``shown`` are the ids drawn at first."""
    return {**_data(runs, sorted(set(keys)), shown), "single": False}


def is_drawn(key: str, count: int = 2) -> bool:
    """A summary at the end of a run is one point: a number for a table, not a curve."""
    return not key.startswith("final/") and not (key.startswith("test/") and count < 2)


def _data(runs: Sequence[Run], keys: list[str], shown: Sequence[str] | None = None) -> dict[str, Any]:
    objectives = objectives_of(runs)
    return {
        "runs": [_run(run, shown is None or run.pk in shown) for run in runs],
        "keys": keys,
        "directions": {key: greater_is_better(key, objectives) for key in keys},
        "objectives": list(objectives),
        "tokens": counts_tokens([run.pk for run in runs] if shown is None else shown),
    }


def _run(run: Run, shown: bool) -> dict[str, Any]:
    return {
        "id": run.pk,
        "name": run.name,
        "mark": run.mark,
        "state": run.state,
        "active": run.state not in ENDED and run.state != State.QUEUED,
        "max_steps": run.max_steps,
        "shown": shown,
    }


def flags(events: Iterable[Event]) -> list[dict[str, Any]]:
    """The lettered events as the charts mark them, in order of step."""
    ordered = sorted((event for event in events if event.letter), key=lambda event: event.step or 0)
    return [
        {"step": e.step, "letter": e.letter, "text": e.text, "person": e.person, "kind": e.kind}
        for e in ordered
    ]
