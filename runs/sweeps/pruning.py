"""Ending bad trials early: what trials measured is told to the pruner, whose first yes stops the trial.

The pruner counts evaluations, not steps: the third evaluation of one trial is compared with the third of the others,
also where batch sizes differ. Of a trial with several seeds it sees the mean.
"""

import math
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from django.db import transaction

from runs import series
from runs.commands import CommandError, send_command
from runs.draft import told_number
from runs.models import Run, Series, Sweep
from runs.states import ENDED, State
from runs.sweeps.options import PRUNERS
from runs.sweeps.process import Ask
from runs.sweeps.requests import reports_of, study_request

#: Points of one trial's objective that are read; nobody evaluates more often.
MOST_POINTS = 1_000_000


@dataclass(frozen=True)
class _Pending:
    """A trial with evaluations that the pruner was not told of. ``runs``: one for each seed."""

    number: int
    runs: list[Run]
    told: list[Any]
    new: list[float]


def judge_all(ask: Ask) -> None:
    """Judge each sweep that goes on and prunes."""
    going_on = [Sweep.State.RUNNING, Sweep.State.PAUSED, Sweep.State.STOPPING]
    for sweep in Sweep.objects.filter(state__in=going_on):
        if sweep.pruner.get("kind", "none") != "none":
            clear_finished(sweep)
            judge(sweep, ask)


def judge(sweep: Sweep, ask: Ask) -> int:
    """Tell the pruner what is new and stop the trials that it prunes; how many. Raises StudyError, StudyGone."""
    pending = _pending(sweep)
    if not pending:
        return 0
    new = [[one.number, list(enumerate(one.new, len(one.told) + 1))] for one in pending]
    request = study_request(sweep, every_report=True) | {"new": new}
    asked = {one.number for one in pending}
    for trial in request["trials"]:
        if trial["number"] in asked:
            # Also one that has just ended: what it reached counts for the others.
            trial |= {"state": "running", "values": None}
    answers = {answer["number"]: answer for answer in ask("judge", request)}
    return sum(_apply(sweep, one, answers[one.number]) for one in pending)


def clear_finished(sweep: Sweep) -> None:
    """A trial that came to its end before the stop reached it was not pruned."""
    sweep.runs.filter(is_pruned=True, state=State.FINISHED).update(is_pruned=False)


def _pending(sweep: Sweep) -> list[_Pending]:
    measured = Series.objects.filter(run__sweep=sweep, key=sweep.objective)
    counts = dict(measured.values_list("run_id", "count"))
    groups: dict[int, list[Run]] = {}
    rows = sweep.runs.filter(is_pruned=False).order_by("trial", "created_at", "mark")
    for run in rows.only("pk", "trial", "state", "trial_attrs", "name", "sweep_id"):
        groups.setdefault(run.trial or 0, []).append(run)
    behind = {number: telling for number, runs in groups.items() if (telling := _telling(runs, counts))}
    if not behind:
        return []
    values = _values([run.pk for runs in behind.values() for run in runs], sweep.objective)
    found = [_one(number, groups[number], telling, values) for number, telling in behind.items()]
    return [one for one in found if one.new]


def _telling(runs: list[Run], counts: dict[str, int]) -> list[Run]:
    """The runs of a trial that have more to tell; none while one that still trains is not as far yet."""
    told = len(reports_of(runs[0]))
    telling = [run for run in runs if run.state not in ENDED or counts.get(run.pk, 0) > told]
    if any(counts.get(run.pk, 0) <= told for run in telling) or _is_spared(runs):
        return []
    return telling


def _one(number: int, runs: list[Run], telling: list[Run], values: dict[str, list[float]]) -> _Pending:
    told = reports_of(runs[0])
    columns = [values.get(run.pk, [])[len(told) :] for run in telling]
    return _Pending(number, runs, told, [fmean(row) for row in zip(*columns, strict=False)])


def _is_spared(runs: list[Run]) -> bool:
    """A person resumed it after it was pruned: it trains to its end."""
    return any(run.trial_attrs.get("spared") for run in runs)


def _values(run_ids: list[str], key: str) -> dict[str, list[float]]:
    found = series.read(run_ids, [key], max_points=MOST_POINTS)
    return {one.run: one.y.tolist() for one in found}


def _apply(sweep: Sweep, one: _Pending, answer: dict[str, Any]) -> bool:
    """Keep what the pruner wants kept; stop the trial when it says so."""
    pruned_at = answer["pruned_at"]
    reports = [*one.told, *map(told_number, one.new)]
    first = one.runs[0]
    attrs = {**first.trial_attrs, "system": answer["system"], "reports": reports[:pruned_at]}
    with transaction.atomic():
        Run.objects.filter(pk=first.pk).update(trial_attrs=attrs)
        if pruned_at is None:
            return False
        reason = _reason(sweep, pruned_at, float(reports[pruned_at - 1]))
        return sum(_stopped(run, reason) for run in one.runs if run.state not in ENDED) > 0


def _reason(sweep: Sweep, evaluation: int, value: float) -> str:
    title = PRUNERS[sweep.pruner["kind"]].title
    told = f"{value:.6g}" if math.isfinite(value) else "not a number"
    return f"pruned by {title} at evaluation {evaluation}: {sweep.objective} {told}"


def _stopped(run: Run, reason: str) -> bool:
    """Mark the run and stop it with a checkpoint; of two servers that say so one does it."""
    if not Run.objects.filter(pk=run.pk, is_pruned=False).update(is_pruned=True):
        return False
    try:
        send_command(run, "stop", {"save": True})
    except CommandError:  # it has ended, or a person stops it already
        return False
    Run.objects.filter(pk=run.pk, state__in=[State.STOPPING, State.STOPPED]).update(reason=reason)
    return True
