"""The sweeps of a project, and one sweep: its trials, its best, how it was found."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from dashboard.numbers import setting_name
from dashboard.views.access import project_or_404, sweep_or_404
from runs.checkpoints.rank import best, checkpoints_of
from runs.models import Run
from runs.states import ACTIVE, State
from runs.sweeps.edit import stop_sweep
from runs.sweeps.results import SweepResults, Trial, results, results_of

#: How many of the best trials "Compare top" compares, and over how many the gain is told.
TOP = 3
RECENT = 10


@dataclass(frozen=True)
class Column:
    """A column of the trials table: ``sort`` in the address, its label, and whether it sorts now."""

    key: str
    label: str
    aria_sort: str
    link: str
    is_number: bool = True


@require_safe
def project_sweeps(request: HttpRequest, project: str) -> HttpResponse:
    """All sweeps of a project, latest first, each with how far it is and its best."""
    owner = project_or_404(project)
    rows = [{"results": found, "state": state_of(found)} for found in results_of(list(owner.sweeps.all()))]
    return render(request, "sweeps/list.html", {"project": owner, "rows": rows})


@require_safe
def sweep(request: HttpRequest, sweep: str) -> HttpResponse:
    """One sweep. ``sort`` orders the trials: trial, objective, state, steps, time or a swept name."""
    found = results(sweep_or_404(sweep))
    return render(request, "sweeps/page.html", _context(request, found))


@require_POST
def sweep_stop(request: HttpRequest, sweep: str) -> HttpResponse:
    """Stop every trial that has not ended."""
    found = sweep_or_404(sweep)
    count = stop_sweep(found, request.user)
    trials = "1 trial was" if count == 1 else f"{count} trials were"
    messages.info(request, f"{trials} told to stop." if count else "Every trial has ended already.")
    return redirect("sweep", sweep=found.pk)


def state_of(found: SweepResults) -> str:
    """A sweep's state in a run's words: running while any trial trains, queued before the first."""
    if any(found.counts.get(state) for state in ACTIVE):
        return State.RUNNING
    if found.is_over:
        ends = [state for state in found.counts if state != State.FINISHED]
        return State.FINISHED if State.FINISHED in found.counts or not ends else ends[0]
    return State.PAUSED if found.counts.get(State.PAUSED) else State.QUEUED


def _context(request: HttpRequest, found: SweepResults) -> dict[str, Any]:
    sweep = found.sweep
    key, descending = _sort(request, found)
    trials = sorted(found.trials, key=lambda trial: _sort_key(trial, key))
    trials = _missing_last(reversed(trials) if descending else trials, key)
    return {
        "sweep": sweep,
        "project": sweep.project,
        "results": found,
        "state": state_of(found),
        "segments": _segments(found),
        "gain": _gain(found),
        "columns": _columns(found, key, descending),
        "rows": [_row(trial, found) for trial in trials],
        "best": found.best,
        "best_export": _best_export(found),
        "compare_top": _compare_top(found),
        "running": sum(found.counts.get(state, 0) for state in ACTIVE),
        "waiting": found.counts.get(State.QUEUED, 0),
        "chart_data": _chart_data(found),
    }


def _segments(found: SweepResults) -> list[dict[str, Any]]:
    """The states that occur, ended ones first, with where each begins in the bar (in trials)."""
    order = [State.FINISHED, State.STOPPED, State.FAILED, State.CRASHED]
    order += [state for state in State if state not in order and state != State.QUEUED] + [State.QUEUED]
    segments, start = [], 0
    for state in order:
        if count := found.counts.get(state, 0):
            segments.append({"state": state.value, "count": count, "start": start})
            start += count
    return segments


def _gain(found: SweepResults) -> float | None:
    """How much the best got better over the last RECENT measured trials; None before there are that many."""
    if len(found.history) <= RECENT:
        return None
    return abs(found.history[-1][1] - found.history[-1 - RECENT][1])


def _sort(request: HttpRequest, found: SweepResults) -> tuple[str, bool]:
    asked = request.GET.get("sort", "")
    settings = {setting_name(name) for name in found.params}
    if asked.removeprefix("-") in {"trial", "state", "objective", "steps", "time"} | settings:
        return asked.removeprefix("-"), asked.startswith("-")
    return "objective", found.sweep.greater_is_better


def _sort_key(trial: Trial, key: str) -> tuple[int, Any]:
    """Numbers in their order, words in theirs, so that a mixed column sorts too."""
    value = _cell(trial, key)
    if isinstance(value, bool | int | float):
        return 0, value
    return (2, "") if value is None else (1, str(value))


def _missing_last(trials: Any, key: str) -> list[Trial]:
    return sorted(trials, key=lambda trial: _cell(trial, key) is None)


def _cell(trial: Trial, key: str) -> Any:
    plain = {
        "trial": trial.number,
        "state": trial.run.state,
        "objective": trial.value,
        "steps": trial.run.step,
        "time": seconds_of(trial.run),
    }
    if key in plain:
        return plain[key]
    return next((value for name, value in trial.params.items() if setting_name(name) == key), None)


def seconds_of(run: Run) -> float | None:
    """How long a run has trained, in seconds; None before it started."""
    if run.started_at is None:
        return None
    return ((run.ended_at or timezone.now()) - run.started_at) / timedelta(seconds=1)


def _columns(found: SweepResults, sort: str, descending: bool) -> list[Column]:
    names = [("trial", "Trial"), ("state", "State"), ("objective", found.sweep.objective)]
    names += [(setting_name(name), setting_name(name)) for name in found.params] + [
        ("steps", "Steps"),
        ("time", "Time"),
    ]
    return [_column(key, label, sort, descending) for key, label in names]


def _column(key: str, label: str, sort: str, descending: bool) -> Column:
    """Its link sorts by it, or turns the order round when it sorts already."""
    is_sorted = key == sort
    aria = ("descending" if descending else "ascending") if is_sorted else ""
    return Column(key, label, aria, f"?sort={'' if is_sorted and descending else '-'}{key}", key != "state")


def _row(trial: Trial, found: SweepResults) -> dict[str, Any]:
    return {
        "trial": trial,
        "params": [trial.params.get(name) for name in found.params],
        "is_best": found.best is not None and trial.run.pk == found.best.run.pk,
        "seconds": seconds_of(trial.run),
    }


def _best_export(found: SweepResults) -> str:
    """The page on which the sweep's best checkpoint is exported; "" before there is one."""
    sweep = found.sweep
    checkpoint = best(checkpoints_of(sweep), sweep.objective, sweep.greater_is_better)
    if checkpoint is None:
        return ""
    rank = f"-{sweep.objective}" if sweep.greater_is_better else sweep.objective
    query = urlencode({"rank": rank, "ckpt": checkpoint.pk, "export": 1}, safe="/")
    return f"{reverse('project_checkpoints', args=[sweep.project.slug])}?{query}"


def _compare_top(found: SweepResults) -> str:
    ids = ",".join(trial.run.pk for trial in found.top(TOP))
    return f"{reverse('project_compare', args=[found.sweep.project.slug])}?runs={ids}" if ids else ""


def _chart_data(found: SweepResults) -> dict[str, Any]:
    """What parallel coordinates and the history draw."""
    return {
        "sweep": found.sweep.pk,
        "objective": found.sweep.objective,
        "greater": found.sweep.greater_is_better,
        "params": [{"name": name, "label": setting_name(name)} for name in found.params],
        "trials": [
            {
                "run": trial.run.pk,
                "name": trial.run.name,
                "number": trial.number,
                "state": trial.run.state,
                "params": trial.params,
                "value": trial.value,
            }
            for trial in found.trials
        ],
    }
