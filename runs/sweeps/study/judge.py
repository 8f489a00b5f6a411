"""Whether trials that train are pruned, after their newest evaluations."""

from collections.abc import Mapping
from typing import Any

import optuna

from runs.sweeps.space import read_space
from runs.sweeps.study.rebuild import rebuilt


def judge(request: Mapping[str, Any]) -> list[dict[str, Any]]:
    """``new`` holds [trial number, its newest reports [[number of the evaluation, value], …]], in order of arrival.

    For each: {"number", "pruned_at": the evaluation at which it is pruned or None, "system": what the pruner keeps}.
    ASHA decides anew at every evaluation: the first yes counts.
    """
    study = rebuilt(request, read_space(request["space"]))
    return [_judged(study, number, reports) for number, reports in request["new"]]


def _judged(study: optuna.Study, number: int, reports: list[Any]) -> dict[str, Any]:
    trial = optuna.trial.Trial(study, study.get_trials(deepcopy=False)[number]._trial_id)
    pruned_at = None
    for at, value in reports:
        trial.report(float(value), at)
        if pruned_at is None and trial.should_prune():
            pruned_at = at
            break
    system = dict(study.get_trials(deepcopy=False)[number].system_attrs)
    return {"number": number, "pruned_at": pruned_at, "system": system}
