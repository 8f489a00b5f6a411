"""Runs that exist already as trials of a sweep: what they measured counts for its sampler, pruner and best."""

from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.db.models import F

from runs import live, series
from runs.bulk import Done
from runs.draft import told_number
from runs.errors import RunError
from runs.models import Project, Run, Sweep
from runs.specs import effective_config
from runs.states import ENDED
from runs.sweeps import bell
from runs.sweeps.events import record
from runs.sweeps.search import Search
from runs.sweeps.space import Distribution, Point, is_active


def add_runs(project: Project, ids: Collection[str], sweep_id: str, user: Any = None) -> Done:
    """Make these runs trials of a sweep. One that does not fit stays as it is, with a sentence. Raises RunError."""
    with transaction.atomic():
        sweep = Sweep.objects.select_for_update().filter(pk=sweep_id, project=project).first()
        if sweep is None:
            raise RunError("The sweep is not there any more. Choose another.")
        runs = list(Run.objects.filter(project=project, pk__in=ids).order_by("created_at", "pk"))
        search = Search.of(sweep)
        fitting, refused = [], []
        for run in runs:
            point, sentence = _point(run, sweep, search)
            if sentence:
                refused.append(f"{run.name} {sentence}")
            else:
                fitting.append((run, point))
        _adopt(sweep, fitting)
        if fitting:
            counted = "1 run" if len(fitting) == 1 else f"{len(fitting)} runs"
            record(sweep, "add", f"{counted} added.", after=[run.pk for run, _ in fitting], user=user)
            live.runs_changed(project.slug)
            bell.ring_after_commit()
    return Done(len(fitting), refused)


def _point(run: Run, sweep: Sweep, search: Search) -> tuple[Point, str]:
    """The run's place in the space, and why it cannot be a trial ("" when it can)."""
    if run.sweep_id is not None:
        return {}, "is a trial already." if run.sweep_id == sweep.pk else "belongs to another sweep."
    if run.state not in ENDED:
        return {}, f"is {run.state}. Wait until it has ended."
    if run.spec.get("recipe") != sweep.spec.get("recipe"):
        return {}, "trained another recipe."
    return _placed(effective_config(run.spec), search.distributions)


def _placed(config: dict[str, Any], space: Any) -> tuple[Point, str]:
    point: Point = {}
    known: dict[str, Any] = dict(config)
    for field, distribution in space.items():
        if not is_active(distribution, known):
            known[field] = None
            continue
        if problem := _value_problem(config, field, distribution):
            return {}, problem
        point[field] = config[field]
    return point, ""


def _value_problem(config: dict[str, Any], field: str, distribution: Distribution) -> str:
    if field not in config:
        return f"has no {field}."
    if not distribution.holds(config[field]):
        return f"has {field} {config[field]}, outside of what is searched."
    return ""


def _adopt(sweep: Sweep, fitting: list[tuple[Run, Point]]) -> None:
    """They take the next numbers, and the sweep wants as many more."""
    reports = _reports([run.pk for run, _ in fitting], sweep.objective)
    for number, (run, point) in enumerate(fitting, sweep.next_trial):
        run.sweep, run.trial, run.trial_params = sweep, number, point
        run.trial_attrs = {"reports": reports.get(run.pk, [])}
        run.version += 1
    columns = ["sweep", "trial", "trial_params", "trial_attrs", "version"]
    Run.objects.bulk_update([run for run, _ in fitting], columns)
    wanted = sweep.trials_wanted
    Sweep.objects.filter(pk=sweep.pk).update(
        next_trial=F("next_trial") + len(fitting),
        trials_wanted=None if wanted is None else wanted + len(fitting),
    )


def _reports(ids: list[str], key: str) -> dict[str, list[Any]]:
    """What a pruner would have been told of them."""
    return {one.run: [told_number(value) for value in one.y.tolist()] for one in series.read(ids, [key])}
