"""Sweeps as Optuna studies: a file that `optuna.load_study` opens, and studies of such files as finished sweeps.

The file is written and read by a process of its own, as everything that needs Optuna.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from runs import live, series
from runs.errors import RunError, SpecError
from runs.labels import label_problems
from runs.launch import take_marks, user_name
from runs.models import Project, Run, Sweep
from runs.naming import unique_name
from runs.states import State
from runs.sweeps.events import record
from runs.sweeps.process import StudyError, StudyGone, StudyProcess
from runs.sweeps.requests import study_request
from runs.sweeps.results import objectives_of, results
from trainer_bridge import protocol

FORMATS = {"sqlite": "db", "journal": "log"}
#: Bytes of a study's file, and its trials: beyond them it is no record of trainings.
MOST_BYTES = 200 * 1024 * 1024
MOST_TRIALS = 10_000
#: Seconds: SQLite takes about ten milliseconds a trial.
TIMEOUT = 600.0

_STATES = {
    "complete": State.FINISHED,
    "pruned": State.STOPPED,
    "fail": State.FAILED,
    "running": State.STOPPED,
}


def export_study(sweep: Sweep, kind: str, folder: Path) -> Path:
    """The sweep as a study in a file of ``folder``; ``kind`` is one of FORMATS. Raises RunError with a sentence."""
    if kind not in FORMATS:
        raise SpecError({"format": f"The formats are {', '.join(FORMATS)}, not “{kind}”."})
    found = results(sweep)
    path = folder / f"{sweep.pk}.{FORMATS[kind]}"
    request = study_request(sweep, found, every_report=True) | {
        "name": sweep.name,
        "path": str(path),
        "format": kind,
        "metrics": [metric for metric, _ in objectives_of(sweep)],
    }
    for row, trial in zip(request["trials"], found.trials, strict=True):
        row["user"] = {"trainboard:run": trial.run.pk, "trainboard:name": trial.run.name}
    _asked("export", request)
    return path


def import_study(project: Project, file: Path, *, study: str = "", name: str = "", user: Any = None) -> Sweep:
    """A study of ``file`` as a finished sweep; ``study`` names it where there are several. Raises RunError, SpecError.

    Its trials cannot be trained here: nothing says how.
    """
    found = _asked("import", {"path": str(file), "study": study})
    if not found["trials"]:
        raise RunError(f"The study {found['name']} has no trial.")
    if len(found["trials"]) > MOST_TRIALS:
        raise RunError(f"The study has {len(found['trials'])} trials; the most is {MOST_TRIALS}.")
    name = name.strip() or found["name"][:90]
    if problems := label_problems(name, []):
        raise SpecError(problems)
    with transaction.atomic():
        sweep = _sweep(project, found, name, user)
        runs = Run.objects.bulk_create(_runs(sweep, found["trials"]))
        _measure(sweep, runs, found["trials"])
        record(sweep, "import", f"Imported from the Optuna study {found['name']}.", user=user)
        live.runs_changed(project.slug)
    return sweep


@contextmanager
def exported(sweep: Sweep, kind: str) -> Iterator[Path]:
    """The file for as long as the block lasts."""
    with tempfile.TemporaryDirectory() as folder:
        yield export_study(sweep, kind, Path(folder))


def is_imported(sweep: Sweep) -> bool:
    """Whether nothing here can train its trials."""
    return "recipe" not in sweep.spec


def _asked(kind: str, request: dict[str, Any]) -> Any:
    process = StudyProcess()
    try:
        return process.ask(kind, request, TIMEOUT)
    except (StudyError, StudyGone) as error:
        sentence = str(error).removeprefix("ValueError: ")
        # A sentence of ours says all; anything else is Optuna's own.
        raise RunError(
            sentence if sentence != str(error) else f"Optuna could not do it: {sentence}"
        ) from error
    finally:
        process.close()


def _sweep(project: Project, found: dict[str, Any], name: str, user: Any) -> Sweep:
    objectives = [
        {"metric": f"eval/{metric.removeprefix('eval/')}", "greater_is_better": greater}
        for metric, greater in zip(found["metrics"], found["greater"], strict=True)
    ]
    ended = [trial["ended"] for trial in found["trials"] if trial["ended"]]
    return Sweep.objects.create(
        project=project,
        name=unique_name(Sweep, project.pk, name),
        space={f"config.{name}": distribution for name, distribution in found["space"].items()},
        sampler="random",
        pruner={"kind": "none"},
        objectives=objectives,
        objective=objectives[0]["metric"],
        greater_is_better=objectives[0]["greater_is_better"],
        trials_wanted=len(found["trials"]),
        next_trial=max(trial["number"] for trial in found["trials"]) + 1,
        state=Sweep.State.FINISHED,
        reason="Imported from Optuna.",
        ended_at=_moment(max(ended, default=None)),
        created_by=user_name(user),
    )


def _runs(sweep: Sweep, trials: list[dict[str, Any]]) -> Iterator[Run]:
    mark = take_marks(sweep.project, len(trials))
    for at, trial in enumerate(trials):
        yield Run(
            project=sweep.project,
            sweep=sweep,
            trial=trial["number"],
            trial_params={f"config.{name}": value for name, value in trial["params"].items()},
            trial_attrs={"system": trial["system"], "reports": [value for _, value in trial["reports"]]},
            is_pruned=trial["state"] == "pruned",
            name=f"{sweep.name}-t{trial['number']:03}",
            origin=Run.Origin.EXTERNAL,
            spec={"config": trial["params"]},
            mark=mark + at,
            state=_STATES[trial["state"]],
            reason="pruned" if trial["state"] == "pruned" else "",
            objective=sweep.objective,
            greater_is_better=sweep.greater_is_better,
            created_by=sweep.created_by,
            started_at=_moment(trial["started"]),
            ended_at=_moment(trial["ended"]) or _moment(trial["started"]) or sweep.created_at,
        )


def _measure(sweep: Sweep, runs: list[Run], trials: list[dict[str, Any]]) -> None:
    """A finished trial's objectives are its values, exactly; what it reported on the way stands beside them."""
    for run, trial in zip(runs, trials, strict=True):
        time = trial["ended"] or trial["started"] or sweep.created_at.timestamp()
        steps = [max(step, 0) for step, _ in trial["reports"]]
        values = trial["values"] or []
        # One that was pruned has no value but its last report, as its objective so far.
        if not values and trial["state"] == "pruned" and trial["reports"]:
            values = [float(trial["reports"][-1][1])]
        metrics = [
            protocol.Metrics(step=step, time=time, values={"eval/reported": float(value)})
            for step, (_, value) in zip(steps, trial["reports"], strict=True)
        ]
        if values:
            named = dict(zip([key for key, _ in objectives_of(sweep)], values, strict=False))
            metrics.append(protocol.Metrics(step=max(steps, default=1), time=time, values=named))
        if metrics:
            series.append(run.pk, 1, metrics)


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
