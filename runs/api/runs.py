"""Runs: list, read, create, command, resume, delete, console."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, Query, Router, Schema
from ninja.responses import Status

from runs import queries, series
from runs.api.paging import after, cursor_of
from runs.commands import send_command
from runs.draft import told_number
from runs.errors import SpecError
from runs.launch import launch_run, resume_run
from runs.models import Command, Project, Run
from runs.removal import delete_run
from runs.series import Summary
from runs.specs import effective_config
from runs.states import State

router = Router(tags=["runs"])

Number = float | str
MOST_LINES = 5000


class RunOut(Schema):
    id: str
    project: str
    sweep: str | None
    trial: int | None
    name: str
    tags: list[str]
    state: str
    reason: str
    step: int
    max_steps: int | None
    epoch: float | None
    num_train_epochs: float | None
    speed: float | None
    objective: str
    greater_is_better: bool
    worker: str
    version: int
    created_by: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    spec: dict[str, Any]


class SummaryOut(Schema):
    """``last`` is a number or "NaN", "Infinity", "-Infinity"; ``min`` and ``max`` are of finite values."""

    count: int
    first_step: int | None
    last_step: int | None
    last: Number
    min: float | None
    min_step: int | None
    max: float | None
    max_step: int | None
    nan_count: int
    inf_count: int


class CommandOut(Schema):
    id: int
    kind: str
    args: dict[str, Any]
    status: str
    reason: str
    step: int | None
    result: dict[str, Any]
    created_by: str
    created_at: datetime
    applied_at: datetime | None


class RunDetail(RunOut):
    config: dict[str, Any]
    summaries: dict[str, SummaryOut]
    environment: dict[str, Any]
    traceback: str
    console_lines: int
    warnings: list[str]
    commands: list[CommandOut]


class RunPage(Schema):
    """``next`` is the cursor of the following page, null on the last."""

    items: list[RunOut]
    next: str | None


class Filters(Schema):
    project: str | None = None
    sweep: str | None = None
    state: list[State] = Field(default_factory=list)
    limit: int = Field(50, ge=1, le=200)
    cursor: str | None = None


class RunIn(Schema):
    """One run; a ``space`` is for POST /sweeps and /launch, and refused here."""

    project: str
    spec: Any
    space: dict[str, Any] = Field(default_factory=dict)
    name: str = ""
    tags: list[str] = Field(default_factory=list)


class CommandIn(Schema):
    kind: str
    args: dict[str, Any] = Field(default_factory=dict)


class ResumeIn(Schema):
    """``set``: settings that are to be otherwise from the checkpoint on, {"args.learning_rate": 1e-4}."""

    set: dict[str, Any] = Field(default_factory=dict)
    confirm: bool = False


class ConsoleOut(Schema):
    """Lines from number ``first`` on, each [time, stream, text]; ``total`` lines exist."""

    first: int
    total: int
    lines: list[tuple[float, str, str]]


@router.get("/runs", response=RunPage)
def list_runs(request: HttpRequest, filters: Query[Filters]) -> RunPage:
    """Runs, the newest first."""
    rows = _filtered(filters)
    if filters.cursor is not None:
        rows = after(rows, filters.cursor)
    runs = list(rows[: filters.limit + 1])
    page, more = runs[: filters.limit], len(runs) > filters.limit
    return RunPage(items=[RunOut(**_fields(run)) for run in page], next=cursor_of(page[-1]) if more else None)


@router.post("/runs", response={201: RunDetail})
def create_run(request: HttpRequest, body: RunIn) -> Status:
    """Queue a run of a specification {"recipe", "params", "args"}."""
    project = get_object_or_404(Project, slug=body.project)
    if body.space:
        raise SpecError({"space": "One run has no space. Send it to /api/v1/sweeps or /api/v1/launch."})
    run = launch_run(project, body.spec, name=body.name, tags=body.tags, user=request.user)
    return Status(201, _detail(run))


@router.get("/runs/{run_id}", response=RunDetail)
def read_run(request: HttpRequest, run_id: str) -> RunDetail:
    """One run with its configuration (defaults included) and a summary of each of its series."""
    return _detail(_run(run_id))


@router.delete("/runs/{run_id}", response={204: None})
def remove_run(request: HttpRequest, run_id: str) -> Status:
    """Delete a run, what it measured and its files."""
    delete_run(_run(run_id))
    return Status(204, None)


@router.post("/runs/{run_id}/commands", response={201: CommandOut})
def command_run(request: HttpRequest, run_id: str, body: CommandIn) -> Status:
    """Ask the training to stop, save or evaluate at the next step boundary, or kill its process."""
    return Status(201, _command(send_command(_run(run_id), body.kind, body.args, request.user)))


@router.post("/runs/{run_id}/resume", response=RunDetail)
def resume(request: HttpRequest, run_id: str, body: ResumeIn | None = None) -> RunDetail:
    """Queue an ended run again, to go on from its last complete checkpoint.

    Where settings differ from those that the checkpoint was made with, the answer is 409 with the ``differences``, each
    with its effect, until ``confirm`` says that they are meant.
    """
    wish = body or ResumeIn()
    resume_run(_run(run_id), request.user, wish.set, confirmed=wish.confirm)
    return _detail(_run(run_id))


@router.get("/runs/{run_id}/console", response=ConsoleOut)
def console(request: HttpRequest, run_id: str, first: int = 0, count: int = 1000) -> ConsoleOut:
    """Console lines by number, at most 5000 at once; the first line of a run is 0."""
    run = _run(run_id)
    rows = queries.console_page(run, max(first, 0), min(max(count, 0), MOST_LINES))
    lines = [(time, stream, text) for _, time, stream, text in rows]
    return ConsoleOut(first=rows[0][0] if rows else max(first, 0), total=run.console_lines, lines=lines)


def _run(run_id: str) -> Run:
    return get_object_or_404(Run.objects.select_related("project"), pk=run_id)


def _filtered(filters: Filters) -> QuerySet[Run]:
    rows = Run.objects.select_related("project").defer("environment", "traceback")
    if filters.project is not None:
        rows = rows.filter(project=get_object_or_404(Project, slug=filters.project))
    if filters.sweep is not None:
        rows = rows.filter(sweep_id=filters.sweep)
    if filters.state:
        rows = rows.filter(state__in=filters.state)
    return rows


def _fields(run: Run) -> dict[str, Any]:
    same = RunOut.model_fields.keys() - {"project", "sweep"}
    return {"project": run.project.slug, "sweep": run.sweep_id} | {name: getattr(run, name) for name in same}


def _detail(run: Run) -> RunDetail:
    found = series.summaries([run.pk]).get(run.pk, {})
    return RunDetail(
        **_fields(run),
        config=effective_config(run.spec),
        summaries={key: _summary(summary) for key, summary in found.items()},
        environment=run.environment,
        traceback=run.traceback,
        console_lines=run.console_lines,
        warnings=[warning.text for warning in run.warnings.all()],
        commands=[_command(command) for command in run.commands.all()],
    )


def _summary(summary: Summary) -> SummaryOut:
    values = {name: getattr(summary, name) for name in SummaryOut.model_fields}
    return SummaryOut(**values | {"last": told_number(summary.last)})


def _command(command: Command) -> CommandOut:
    return CommandOut(**{name: getattr(command, name) for name in CommandOut.model_fields})
