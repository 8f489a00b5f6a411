"""The head of a sweep's page: how far it is, what it may still use, when it will be over, what is best."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone

from dashboard.numbers import duration, number
from dashboard.sweep_page.controls import controls
from runs.checkpoints.rank import best, checkpoints_of
from runs.models import Sweep
from runs.states import ACTIVE, ENDED, State
from runs.sweeps.standing import device_seconds, progress_of, wall_seconds, wanted_trials
from runs.sweeps.trial_rows import SweepRows

#: How many of the best trials "Compare top" compares, and over how many the gain is told.
TOP = 3
RECENT = 10
#: How wide the bar of the states is drawn, in pixels.
BAR = 200
_ENDS = (State.STOPPED, State.FAILED, State.CRASHED)


def state_of(found: SweepRows) -> str:
    """The sweep's own state; one that runs is as far as its trials are: queued before the first, finished after all."""
    state, states = found.sweep.state, Counter(row.state for row in found.rows)
    if state != Sweep.State.RUNNING:
        return str(state)
    if any(states[one] for one in ACTIVE):
        return State.RUNNING
    if found.rows and all(row.is_over for row in found.rows) and len(found.rows) >= total(found):
        return State.FINISHED if states[State.FINISHED] else str(found.rows[0].state)
    return State.PAUSED if states[State.PAUSED] else State.QUEUED if not _begun(found) else State.RUNNING


def _begun(found: SweepRows) -> bool:
    return any(row.state != State.QUEUED for row in found.rows)


def total(found: SweepRows) -> int:
    """How many trials it comes to; the rest of a grid and what a sampler has still to suggest included."""
    return wanted_trials(found.sweep, len(found.rows)) or len(found.rows)


def head(found: SweepRows) -> dict[str, Any]:
    """The context of sweeps/_head.html."""
    sweep, waiting = found.sweep, total(found)
    counts = _counts(found, waiting)
    return {
        "sweep": sweep,
        "project": sweep.project,
        "found": found,
        "state": state_of(found),
        "total": waiting,
        "segments": _segments(counts),
        "done": sum(counts[kind] for kind in counts if kind in {*ENDED, "pruned"}),
        "is_over": counts["queued"] == 0 and all(row.is_over for row in found.rows),
        "budget": _budget(found),
        "ends": _expected_end(sweep),
        "best": found.best,
        "gain": _gain(found),
        "best_export": _best_export(sweep),
        "compare_top": _compare_top(found),
        "method": method_of(sweep),
        **controls(found),
    }


def _counts(found: SweepRows, waiting: int) -> Counter[str]:
    """Trials by kind: pruned ones apart, all that hold a slot as running, those that are not made yet as queued."""
    kinds = Counter("pruned" if row.is_pruned else _kind(row.state) for row in found.rows)
    kinds["queued"] += waiting - len(found.rows)
    return kinds


def _kind(state: str) -> str:
    return str(State.RUNNING if state in ACTIVE else state)


def _segments(counts: Counter[str]) -> list[dict[str, Any]]:
    """The kinds that occur, ended ones first, with where each stands in the bar."""
    order = ["finished", "pruned", *map(str, _ENDS), "running", "paused", "queued"]
    segments, start, scale = [], 0, BAR / (counts.total() or 1)
    for kind in order:
        if count := counts[kind]:
            x, width = f"{start * scale:.1f}", f"{count * scale:.1f}"
            segments.append({"kind": kind, "count": count, "x": x, "width": width})
            start += count
    return segments


def _budget(found: SweepRows) -> list[dict[str, str]]:
    """What of each budget is used: {"used", "of", "name"}."""
    budget, parts = found.sweep.budget, []
    if wall := budget.get("wall_seconds"):
        parts.append({"used": duration(wall_seconds(found.sweep)), "of": duration(wall), "name": "wall time"})
    if device := budget.get("device_seconds"):
        used = duration(device_seconds(found.sweep))
        parts.append({"used": used, "of": duration(device), "name": "device time"})
    if (target := budget.get("target")) is not None:
        reached = number(found.best.value) if found.best else "—"
        parts.append({"used": reached, "of": number(target), "name": "target"})
    return parts


def _expected_end(sweep: Sweep) -> dict[str, Any] | None:
    """When the last trial will have ended, by what trials took so far; None where there is nothing to go by."""
    progress = progress_of(sweep)
    if not progress.seconds_left or progress.finish_at is None:
        return None
    return {"seconds": progress.seconds_left, "at": _clock(progress.finish_at), "trials": progress.done}


def _clock(moment: datetime) -> str:
    local = timezone.localtime(moment)
    return f"{local:%H:%M}" if local.date() == timezone.localdate() else f"{local:%Y-%m-%d %H:%M}"


def _gain(found: SweepRows) -> float | None:
    """How much the best got better over the last RECENT measured trials; None before there are that many."""
    values: Sequence[float] = [row.value for row in found.measured if row.value is not None]
    if len(values) <= RECENT:
        return None
    pick = found.objective.best
    return abs(pick(values) - pick(values[:-RECENT]))


def _best_export(sweep: Sweep) -> str:
    """The page on which the sweep's best checkpoint is exported; "" before there is one."""
    checkpoint = best(checkpoints_of(sweep), sweep.objective, sweep.greater_is_better)
    if checkpoint is None:
        return ""
    rank = f"-{sweep.objective}" if sweep.greater_is_better else sweep.objective
    query = urlencode({"rank": rank, "ckpt": checkpoint.pk, "export": "1"}, safe="/")
    return f"{reverse('project_checkpoints', args=[sweep.project.slug])}?{query}"


def _compare_top(found: SweepRows) -> str:
    """The page that compares the best trials, each with all its seeds."""
    ids = ",".join(run for row in found.best_first()[:TOP] for run in row.members)
    return f"{reverse('project_compare', args=[found.sweep.project.slug])}?runs={ids}" if ids else ""


_SAMPLERS = {"tpe": "TPE", "gp": "GP", "cmaes": "CMA-ES", "nsga2": "NSGA-II", "qmc": "QMC"}
_PRUNERS = {"asha": "ASHA", "hyperband": "Hyperband"}


def method_of(sweep: Sweep) -> str:
    """How it searches: "TPE + median pruner"."""
    pruner = str(sweep.pruner.get("kind", "none"))
    sampler = _SAMPLERS.get(sweep.sampler, sweep.sampler)
    return sampler if pruner == "none" else f"{sampler} + {_PRUNERS.get(pruner, pruner)} pruner"
