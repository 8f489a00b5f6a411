"""What the scripts of a page need to draw curves: which runs and series there are, which direction is better."""

from collections.abc import Iterable, Sequence
from typing import Any

from runs.directions import greater_is_better, objectives_of
from runs.models import Run, Series
from runs.states import ENDED, State
from runs.timeline import timeline

#: Twenty curves in a chart are the most that can be told apart.
MOST_SHOWN = 20


def page_data(run: Run, *, system: bool = False) -> dict[str, Any]:
    """The charts of one run: its own series, its events as flags; ``system``: the machine's samples instead."""
    rows = Series.objects.filter(run=run, count__gt=0).values_list("key", "count")
    keys = [key for key, count in rows if is_drawn(key, count) and key.startswith("system/") == system]
    return {
        **_data([run], keys),
        "single": True,
        "prefix": "system/" if system else "",
        "events": [] if system else _flags(run),
    }


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


def _flags(run: Run) -> list[dict[str, Any]]:
    lettered = [event for event in timeline(run) if event.letter]
    ordered = sorted(lettered, key=lambda event: event.step or 0)
    return [
        {"step": e.step, "letter": e.letter, "text": e.text, "person": e.person, "kind": e.kind} for e in ordered
    ]
