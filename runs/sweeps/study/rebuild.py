"""An Optuna study from the rows of a sweep.

A request is {"name", "directions", "space", "fixed", "constraints", "sampler", "options", "seed", "pruner", "trials"};
a trial {"number", "state", "params", "values", "system", "reports"}, its state one of Optuna's in lower case and its
reports [[number of the evaluation, value], …].
"""

from collections.abc import Iterable, Mapping
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial, TrialState, create_trial

from runs.sweeps.space import Choices, Distribution, Range
from runs.sweeps.study.methods import make_pruner

_STATES = {
    "complete": TrialState.COMPLETE,
    "pruned": TrialState.PRUNED,
    "fail": TrialState.FAIL,
    "running": TrialState.RUNNING,
}


class _Row(FrozenTrial):
    """A trial of which the study makes no deep copy: it belongs to this one request, and copies cost half of it."""

    def __deepcopy__(self, memo: Any) -> "_Row":
        return self


Trials = Iterable[Mapping[str, Any]]


def rebuilt(
    request: Mapping[str, Any], space: Mapping[str, Distribution], storage: Any = None
) -> optuna.Study:
    """The study of ``request``, its trials numbered as they were. ``storage`` None keeps it in memory."""
    study = optuna.create_study(
        storage=storage,
        # Hyperband chooses a trial's bracket by the study's name and the trial's number.
        study_name=request["name"],
        directions=request["directions"],
        pruner=make_pruner(request["pruner"]),
        sampler=optuna.samplers.RandomSampler(seed=0),
    )
    study.add_trials(frozen_trials(request["trials"], space))
    return study


def frozen_trials(trials: Trials, space: Mapping[str, Distribution]) -> list[FrozenTrial]:
    """Optuna numbers them as they come: a number that is missing (a deleted run) is taken by a failed trial."""
    distributions = {field: distribution_of(found) for field, found in space.items()}
    frozen: list[FrozenTrial] = []
    for trial in trials:
        while len(frozen) < trial["number"]:
            frozen.append(create_trial(state=TrialState.FAIL))
        frozen.append(_frozen(trial, space, distributions))
    return frozen


def _frozen(
    trial: Mapping[str, Any], space: Mapping[str, Distribution], distributions: Mapping[str, BaseDistribution]
) -> FrozenTrial:
    """What lies outside the space as it is now (a value was dropped) is not learned from: it counts as failed."""
    state, params = _STATES[trial["state"]], trial["params"]
    if not _lies_within(params, space):
        state, params = TrialState.FAIL, {}
    frozen = create_trial(
        state=state,
        values=trial["values"] if state == TrialState.COMPLETE else None,
        params=params,
        distributions={field: distributions[field] for field in params},
        system_attrs=dict(trial.get("system") or {}),
        intermediate_values={number: float(value) for number, value in trial.get("reports") or ()},
    )
    frozen.__class__ = _Row
    return frozen


def _lies_within(params: Mapping[str, Any], space: Mapping[str, Distribution]) -> bool:
    return all(field in space and space[field].holds(value) for field, value in params.items())


def distribution_of(found: Distribution) -> BaseDistribution:
    """The same distribution in Optuna's classes."""
    if isinstance(found, Choices):
        return CategoricalDistribution(found.points())
    return _range_of(found)


def _range_of(found: Range) -> BaseDistribution:
    if found.is_int:
        return IntDistribution(int(found.low), int(found.high), log=found.is_log, step=int(found.step or 1))
    return FloatDistribution(found.low, found.high, log=found.is_log, step=found.step)
