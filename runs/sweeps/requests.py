"""What the suggesting process is told of a sweep: the whole study, from our tables."""

from typing import Any

from runs.models import Run, Sweep
from runs.states import State
from runs.sweeps.results import SweepResults, Trial, bare_results
from runs.sweeps.search import Search
from runs.sweeps.space import Choices, Distribution


def study_request(
    sweep: Sweep, found: SweepResults | None = None, *, every_report: bool = False
) -> dict[str, Any]:
    """A request of runs/sweeps/study/rebuild.py. A sampler needs of the reports only a pruned trial's last one."""
    search = Search.of(sweep)
    found = found or bare_results(sweep)
    directions = [_direction(one["greater_is_better"]) for one in sweep.objectives]
    return {
        "name": sweep.pk,
        "directions": directions or [_direction(sweep.greater_is_better)],
        "space": {field: written(distribution) for field, distribution in search.distributions.items()},
        "fixed": _fixed(search),
        "constraints": search.plan.constraints,
        "sampler": sweep.sampler,
        "options": sweep.sampler_options,
        "seed": sweep.seed,
        "pruner": search.plan.pruner,
        "trials": [_trial(trial, every_report) for trial in found.trials],
    }


def written(distribution: Distribution) -> dict[str, Any]:
    """A distribution as runs/sweeps/space.py reads it."""
    when = distribution.when
    condition = {} if when is None else {"when": {"field": when.field, "in": list(when.values)}}
    if isinstance(distribution, Choices):
        return {"values": list(distribution.values), **condition}
    return {
        "low": distribution.low,
        "high": distribution.high,
        "scale": "log" if distribution.is_log else "linear",
        "step": distribution.step,
        "int": distribution.is_int,
        "count": distribution.count,
        **condition,
    }


def reports_of(run: Run) -> list[Any]:
    """What the pruner was told of a trial: the objective at each of its evaluations; not finite ones as texts."""
    return list(run.trial_attrs.get("reports", []))


def _fixed(search: Search) -> dict[str, Any]:
    """Of the fields that are not searched those that a condition or constraint speaks of."""
    spoken = {field for constraint in search.constraints for field in constraint.fields}
    spoken |= {found.when.field for found in search.distributions.values() if found.when}
    return {field: value for field, value in search.fixed.items() if field in spoken}


def _direction(greater: bool) -> str:
    return "maximize" if greater else "minimize"


def _trial(trial: Trial, every_report: bool) -> dict[str, Any]:
    state = study_state(trial)
    reports = list(enumerate(reports_of(trial.run), 1))
    if not every_report:
        reports = reports[-1:] if state == "pruned" else []
    return {
        "number": trial.number,
        "state": state,
        "params": trial.params,
        "values": trial.values if state == "complete" else None,
        "system": trial.run.trial_attrs.get("system", {}),
        "reports": reports,
    }


def study_state(trial: Trial) -> str:
    """A trial's state in Optuna's words. One that a person stopped tells as much as one that was pruned."""
    if trial.is_open:
        return "running"
    if trial.state == State.FINISHED and None not in trial.values:
        return "complete"
    is_cut_short = trial.is_pruned or trial.state == State.STOPPED
    return "pruned" if is_cut_short and trial.value is not None else "fail"
