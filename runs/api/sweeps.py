"""Sweeps: create, list, read with their trials, change while they run."""

import tempfile
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Field, File, Form, Router, Schema, UploadedFile
from ninja.responses import Status

from runs.api.errors import error_response
from runs.errors import RunError, SpecError
from runs.models import Project, Sweep
from runs.sweeps.edit import apply, stop_sweep
from runs.sweeps.exchange import MOST_BYTES, exported, import_study
from runs.sweeps.launch import launch_sweep
from runs.sweeps.plan import plan_of, plan_of_json
from runs.sweeps.results import SweepResults, Trial, results, results_of
from runs.sweeps.standing import checkpoint_bytes, progress_of

router = Router(tags=["sweeps"])


class TrialOut(Schema):
    """``value`` is the best of the objective so far, measured at ``step_of_value``; null before the first. Of several
    ``runs`` (one a seed) ``run`` is the first, and ``value`` the mean.
    """

    run: str
    number: int
    state: str
    params: dict[str, Any]
    value: float | None
    step_of_value: int | None
    step: int
    values: list[float | None]
    is_pruned: bool
    runs: list[str]


class SweepOut(Schema):
    """``counts`` maps a state to its number of trials; ``best`` is null before anything was measured."""

    id: str
    project: str
    name: str
    tags: list[str]
    state: str
    reason: str
    sampler: str
    objective: str
    greater_is_better: bool
    created_at: datetime
    created_by: str
    counts: dict[str, int]
    best: TrialOut | None


class ProgressOut(Schema):
    """``wanted`` trials, null where nobody can know; ``finish_at`` by what trials took so far."""

    done: int
    wanted: int | None
    seconds_left: float | None
    finish_at: datetime | None


class EventOut(Schema):
    kind: str
    text: str
    before: Any
    after: Any
    created_by: str
    created_at: datetime


class EditIn(Schema):
    """``kind`` is one of those in docs/sweeps.md: pause, resume, stop, extend, range, drop, points, …"""

    kind: str
    args: dict[str, Any] = Field(default_factory=dict)


class SweepDetail(SweepOut):
    """``sweep`` is how it is searched, as `POST /sweeps` takes it.

    ``checkpoint_bytes`` is what the checkpoints of its trials take of this machine's disk.
    """

    spec: dict[str, Any]
    space: dict[str, Any]
    sweep: dict[str, Any]
    progress: ProgressOut
    checkpoint_bytes: int
    trials: list[TrialOut]


class SweepIn(Schema):
    """``space`` is {"args.learning_rate": [1e-4, 3e-4], "params.dropout": {"low": 0, "high": 0.5}}; ``sweep`` says how
    it is searched: {"sampler": "tpe", "trials": 40, "pruner": "asha"} (docs/sweeps.md).
    """

    project: str
    spec: Any
    space: dict[str, Any]
    sweep: dict[str, Any] = Field(default_factory=dict)
    name: str = ""
    tags: list[str] = Field(default_factory=list)


class Told(Schema):
    stopped: int


@router.get("/sweeps", response=list[SweepOut])
def list_sweeps(request: HttpRequest, project: str) -> list[SweepOut]:
    """All sweeps of a project, the newest first."""
    owner = get_object_or_404(Project, slug=project)
    rows = list(owner.sweeps.select_related("project"))
    return [SweepOut(**_fields(found)) for found in results_of(rows)]


@router.post("/sweeps", response={201: SweepDetail})
def create_sweep(request: HttpRequest, body: SweepIn) -> Status:
    """Search ``space``: without a sampler, one run for every combination."""
    project = get_object_or_404(Project, slug=body.project)
    sweep = launch_sweep(
        project,
        body.spec,
        body.space,
        plan=plan_of_json(body.sweep),
        name=body.name,
        tags=body.tags,
        user=request.user,
    )
    return Status(201, _detail(sweep))


# Before the address of one sweep, which would be taken for a sweep called “import”.
@router.post("/sweeps/import", response={201: SweepDetail})
def import_sweep(
    request: HttpRequest,
    project: Form[str],
    file: File[UploadedFile],
    study: Form[str] = "",
    name: Form[str] = "",
) -> Status:
    """An Optuna study of a SQLite or journal file, as a finished sweep."""
    owner = get_object_or_404(Project, slug=project)
    if (file.size or 0) > MOST_BYTES:
        raise RunError(f"The file has {file.size} bytes; the most is {MOST_BYTES}.")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "study"
        with path.open("wb") as copy:
            for part in file.chunks():
                copy.write(part)
        sweep = import_study(owner, path, study=study, name=name, user=request.user)
    return Status(201, _detail(sweep))


@router.get("/sweeps/{sweep_id}", response=SweepDetail)
def read_sweep(request: HttpRequest, sweep_id: str) -> SweepDetail:
    """One sweep with its trials by number."""
    return _detail(_sweep(sweep_id))


@router.post("/sweeps/{sweep_id}/stop", response=Told)
def stop(request: HttpRequest, sweep_id: str) -> Told:
    """Cancel the trials that wait and stop those that train."""
    return Told(stopped=stop_sweep(_sweep(sweep_id), request.user))


@router.post("/sweeps/{sweep_id}/edits", response=SweepDetail)
def edit_sweep(request: HttpRequest, sweep_id: str, body: EditIn) -> SweepDetail | HttpResponse:
    """Change a sweep while it runs (docs/sweeps.md); of duplicate the answer is the new sweep."""
    try:
        made = apply(_sweep(sweep_id), body.kind, body.args, request.user)
    except SpecError as error:
        return error_response(422, "The sweep cannot be changed so.", error.problems)
    return _detail(_sweep(made.pk if isinstance(made, Sweep) else sweep_id))


@router.get("/sweeps/{sweep_id}/optuna")
def export_sweep(request: HttpRequest, sweep_id: str, format: str = "sqlite") -> FileResponse:
    """The sweep as a file that `optuna.load_study` opens: sqlite or journal."""
    sweep = _sweep(sweep_id)
    with exported(sweep, format) as path:
        # An open file outlives its name, so that the folder can go at once.
        return FileResponse(path.open("rb"), as_attachment=True, filename=f"{sweep.name}{path.suffix}")


@router.get("/sweeps/{sweep_id}/events", response=list[EventOut])
def list_events(request: HttpRequest, sweep_id: str) -> list[EventOut]:
    """What was done to the sweep, by whom and when, the newest first."""
    return [EventOut.from_orm(event) for event in _sweep(sweep_id).events.all()]


def _sweep(sweep_id: str) -> Sweep:
    return get_object_or_404(Sweep.objects.select_related("project"), pk=sweep_id)


def _detail(sweep: Sweep) -> SweepDetail:
    found = results(sweep)
    trials = [_trial(trial) for trial in found.trials]
    return SweepDetail(
        **_fields(found),
        spec=sweep.spec,
        space=sweep.space,
        sweep=plan_of(sweep).to_json(),
        checkpoint_bytes=checkpoint_bytes(sweep),
        progress=ProgressOut(**asdict(progress_of(sweep))),
        trials=trials,
    )


def _fields(found: SweepResults) -> dict[str, Any]:
    sweep, best = found.sweep, found.best
    same = SweepOut.model_fields.keys() - {"project", "counts", "best"}
    return {
        **{name: getattr(sweep, name) for name in same},
        "project": sweep.project.slug,
        "counts": found.counts,
        "best": None if best is None else _trial(best),
    }


def _trial(trial: Trial) -> TrialOut:
    return TrialOut(
        run=trial.run.pk,
        number=trial.number,
        state=trial.state,
        params=trial.params,
        value=trial.value,
        step_of_value=trial.value_step,
        step=trial.run.step,
        values=trial.values,
        is_pruned=trial.is_pruned,
        runs=[run.pk for run in trial.runs],
    )
