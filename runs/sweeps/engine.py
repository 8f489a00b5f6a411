"""What keeps a sweep going, a step at a time: new trials for free places, budgets, its end.

Everything is in the database, so it goes on after a restart of anything; of several servers that do the same step one
wins (``make_trials``). Nothing here runs on a request's path: dashboard/lifespan.py steps in the background.
"""

import logging
from collections.abc import Sequence

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from runs import live
from runs.commands import CommandError, send_command
from runs.launch import tell_queued
from runs.models import Run, Sweep
from runs.specs import check_points
from runs.states import State
from runs.sweeps.events import record
from runs.sweeps.process import Ask, StudyError
from runs.sweeps.requests import study_request
from runs.sweeps.space import Point
from runs.sweeps.standing import Standing, budget_reached, standing_of
from runs.sweeps.trials import Suggestion, make_trials
from runs.workers import slots_overview

log = logging.getLogger(__name__)

#: The first trials that must not all fail.
FIRST = 3
#: Trials made in one step; the rest follows in the next.
MOST_AT_ONCE = 50


def step_all(ask: Ask) -> None:
    """Step each sweep that goes on. ``ask`` reaches the suggesting process."""
    going_on = [Sweep.State.RUNNING, Sweep.State.STOPPING]
    for pk in list(Sweep.objects.filter(state__in=going_on).values_list("pk", flat=True)):
        # Read anew: the suggestion for another sweep may have taken seconds.
        sweep = Sweep.objects.select_related("project").filter(pk=pk, state__in=going_on).first()
        if sweep is None:
            continue
        try:
            step(sweep, ask)
        except StudyError as error:
            pause(sweep, f"No next trial could be suggested: {error}")


def step(sweep: Sweep, ask: Ask) -> None:
    """Whatever is due: pause it, end it, or make trials for the free places. Raises StudyError, StudyGone."""
    standing = standing_of(sweep)
    if sweep.state == Sweep.State.STOPPING:
        if not standing.open:
            end(sweep, Sweep.State.STOPPED, sweep.reason)
        return
    if sentence := failing(sweep, standing):
        pause(sweep, sentence)
    elif sentence := budget_reached(sweep):
        _run_out(sweep, standing, sentence)
    elif (count := places(sweep, standing)) > 0:
        _make(sweep, count, standing, ask)
    elif not standing.open and not _left(sweep, standing):
        end(sweep, Sweep.State.FINISHED, "")


def places(sweep: Sweep, standing: Standing) -> int:
    """How many trials are to be made now."""
    seeds = len(sweep.seeds) or 1
    left = _left(sweep, standing)
    if sweep.sampler == "grid" and sweep.parallel is None:
        return min(left, MOST_AT_ONCE)
    limit = sweep.parallel or max(1, slots_overview().total)
    free = (limit - standing.open) // seeds
    # A trial of more seeds than places is made when nothing else trains.
    return min(left, MOST_AT_ONCE, max(free, 0) or int(not standing.open))


def failing(sweep: Sweep, standing: Standing) -> str:
    """Why a sweep whose first trials all fail had better be looked at; "" otherwise. Those that failed before a
    person resumed it do not count."""
    if standing.ended_well or len(standing.failures) < FIRST:
        return ""
    resumed = sweep.events.filter(kind="resume").order_by("-id").first()
    since = (resumed.after or {}).get("next_trial", 0) if resumed else 0
    counted = [reason for trial, reason in standing.failures if trial >= since]
    if len(counted) < FIRST:
        return ""
    last = counted[-1].rstrip(".")
    return f"The first {len(counted)} trials all failed, the last with: {last}. Look at one, then resume or stop."


def pause(sweep: Sweep, reason: str) -> bool:
    """Trainboard itself pauses the sweep and says why."""
    with transaction.atomic():
        rows = Sweep.objects.filter(pk=sweep.pk, state=Sweep.State.RUNNING)
        if not rows.update(state=Sweep.State.PAUSED, reason=reason, paused_at=timezone.now()):
            return False
        record(sweep, "pause", f"Paused by itself. {reason}")
        live.runs_changed(sweep.project.slug)
    return True


def end(sweep: Sweep, state: Sweep.State, reason: str) -> None:
    """The last trial has ended."""
    with transaction.atomic():
        rows = Sweep.objects.filter(pk=sweep.pk, state=sweep.state)
        if rows.update(state=state, reason=reason, ended_at=timezone.now()):
            record(sweep, state.value, f"The sweep is {state.value}. {reason}".strip())
            live.runs_changed(sweep.project.slug)


def _run_out(sweep: Sweep, standing: Standing, reason: str) -> None:
    """A budget is used up: what waits is cancelled, what trains ends by itself, then the sweep is finished."""
    if standing.queued:
        for run in sweep.runs.filter(state=State.QUEUED):
            try:
                send_command(run, "stop")
            except CommandError:
                log.info("run %s was started just before the budget of its sweep ran out", run.pk)
    elif not standing.open:
        end(sweep, Sweep.State.FINISHED, reason)


def _left(sweep: Sweep, standing: Standing) -> int:
    """How many trials are still to be made."""
    if sweep.sampler == "grid" or sweep.trials_wanted is None:
        return len(sweep.points)
    return max(sweep.trials_wanted - standing.trials, 0)


def _make(sweep: Sweep, count: int, standing: Standing, ask: Ask) -> None:
    picked = [Suggestion(point) for point in sweep.points[:count]]
    suggested = _suggested(sweep, count - len(picked), sweep.next_trial + len(picked), ask)
    with transaction.atomic():
        runs = make_trials(sweep, picked + suggested)
        if runs and picked:
            # By what stands there now: a person may have changed the points meanwhile.
            now = Sweep.objects.select_for_update().get(pk=sweep.pk).points
            made = [one.point for one in picked]
            Sweep.objects.filter(pk=sweep.pk).update(points=[point for point in now if point not in made])
        _refuse_impossible(sweep, runs)
        if runs:
            tell_queued(sweep.project.slug)
    if not picked and not suggested and not standing.open:
        end(sweep, Sweep.State.FINISHED, "Every point of the space was tried.")


def _suggested(sweep: Sweep, count: int, first: int, ask: Ask) -> list[Suggestion]:
    if count <= 0 or sweep.sampler == "grid":
        return []
    request = study_request(sweep) | {"next": first, "count": count}
    return [Suggestion(one["point"], one["attrs"]) for one in ask("suggest", request)]


def _refuse_impossible(sweep: Sweep, runs: Sequence[Run]) -> None:
    """A point at which the specification cannot run is a failed trial, and says why; the sweep goes on."""
    told: dict[int, str] = {}
    for run in runs:
        if run.trial is not None and run.trial not in told:
            told[run.trial] = _problem(sweep, run.trial_params)
    for trial, sentence in told.items():
        if sentence:
            rows = Run.objects.filter(sweep=sweep, trial=trial, state=State.QUEUED)
            rows.update(
                state=State.FAILED, reason=sentence, ended_at=timezone.now(), version=F("version") + 1
            )


def _problem(sweep: Sweep, point: Point) -> str:
    problems = check_points(sweep.spec, [point])
    return " ".join(f"{field}: {sentence}" for field, sentence in problems.items())
