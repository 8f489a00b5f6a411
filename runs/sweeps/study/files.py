"""A sweep as an Optuna study in a file, and an Optuna study of a file as rows."""

import json
import os
from collections.abc import Iterable, Mapping
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.storages.journal import JournalFileBackend, JournalStorage
from optuna.trial import FrozenTrial, TrialState

from runs.sweeps.space import read_space
from runs.sweeps.study.methods import quiet
from runs.sweeps.study.rebuild import frozen_trials, rebuilt

_SQLITE = b"SQLite format 3\x00"
#: Of CMA-ES these hold pickles, and whoever made the file may have put anything in them.
_PICKLED = "cma:"
_WORDS = {
    TrialState.COMPLETE: "complete",
    TrialState.PRUNED: "pruned",
    TrialState.FAIL: "fail",
    TrialState.RUNNING: "running",
    TrialState.WAITING: "waiting",
}


def export(request: Mapping[str, Any]) -> int:
    """Write the study of ``request`` to ``path``, "sqlite" or "journal" as ``format`` says; how many trials it has.

    ``metrics`` names the objectives.
    """
    empty = {**request, "trials": []}
    study = rebuilt(empty, read_space(request["space"]), _storage(request["path"], request["format"]))
    with quiet():
        study.set_metric_names(request["metrics"])
    frozen = frozen_trials(request["trials"], read_space(request["space"]))
    about = {trial["number"]: trial.get("user", {}) for trial in request["trials"]}
    for number, trial in enumerate(frozen):
        trial.user_attrs = dict(about.get(number, {}))
    study.add_trials(frozen)
    return len(frozen)


def read(request: Mapping[str, Any]) -> dict[str, Any]:
    """What the file at ``path`` holds of the study ``study`` (its only one where that is empty): {"name", "metrics",
    "greater", "space", "trials"}, a trial {"number", "state", "params", "values", "system", "reports": [[step, value]],
    "started", "ended"}, times in seconds since the epoch. Raises ValueError with a sentence.
    """
    with open(request["path"], "rb") as file:
        kind = "sqlite" if file.read(len(_SQLITE)) == _SQLITE else "journal"
    storage, name = _opened(request["path"], kind, request["study"])
    study = optuna.load_study(study_name=name, storage=storage)
    trials = [trial for trial in study.get_trials(deepcopy=False) if trial.state != TrialState.WAITING]
    count = len(study.directions)
    return {
        "name": study.study_name,
        "metrics": study.metric_names or [f"objective_{at}" if at else "objective" for at in range(count)],
        "greater": [direction == optuna.study.StudyDirection.MAXIMIZE for direction in study.directions],
        "space": _space(trials),
        "trials": [_row(trial) for trial in trials],
    }


def _opened(path: str, kind: str, wanted: str) -> tuple[Any, str]:
    """The storage, and the name of its study. Raises ValueError with a sentence."""
    try:
        storage = _storage(path, kind)
        names = optuna.get_all_study_names(storage)
    except Exception as error:  # whatever Optuna or SQLAlchemy makes of a file that is none
        raise ValueError(
            "The file is no Optuna study. SQLite files and journals that Optuna wrote are read."
        ) from error
    return storage, _name(names, wanted)


def _storage(path: str, kind: str) -> Any:
    if kind == "sqlite":
        return f"sqlite:///{os.path.abspath(path)}"
    return JournalStorage(JournalFileBackend(path))


def _name(names: list[str], wanted: str) -> str:
    if not names:
        raise ValueError("The file holds no Optuna study.")
    if wanted and wanted not in names:
        raise ValueError(f"The file has no study “{wanted}”; it has {', '.join(names)}.")
    if not wanted and len(names) > 1:
        raise ValueError(f"The file has {len(names)} studies; name one of {', '.join(names)}.")
    return wanted or names[0]


def _row(trial: FrozenTrial) -> dict[str, Any]:
    return {
        "number": trial.number,
        "state": _WORDS[trial.state],
        "params": trial.params,
        "values": [float(value) for value in trial.values] if trial.values else None,
        "system": {key: value for key, value in trial.system_attrs.items() if not key.startswith(_PICKLED)},
        "reports": [[step, str(value)] for step, value in sorted(trial.intermediate_values.items())],
        "started": trial.datetime_start.timestamp() if trial.datetime_start else None,
        "ended": trial.datetime_complete.timestamp() if trial.datetime_complete else None,
    }


def _space(trials: Iterable[FrozenTrial]) -> dict[str, Any]:
    """Parameter → distribution as runs/sweeps/space.py writes it, wide enough for all trials."""
    found: dict[str, list[BaseDistribution]] = {}
    for trial in trials:
        for name, distribution in trial.distributions.items():
            found.setdefault(name, []).append(distribution)
    return {name: _written(distributions) for name, distributions in found.items()}


def _written(found: list[BaseDistribution]) -> Any:
    lists = [list(one.choices) for one in found if isinstance(one, CategoricalDistribution)]
    if lists:
        return list({json.dumps(value): value for values in lists for value in values}.values())
    ranges = [one for one in found if isinstance(one, IntDistribution | FloatDistribution)]
    low, high = min(one.low for one in ranges), max(one.high for one in ranges)
    if low == high:
        return [low]
    whole, log = isinstance(ranges[0], IntDistribution), ranges[0].log
    step = None if log or (whole and ranges[0].step == 1) else ranges[0].step
    return {"low": low, "high": high, "scale": "log" if log else "linear", "step": step, "int": whole}
