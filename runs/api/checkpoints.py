"""Checkpoints: list, the best by a metric, download."""

from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from ninja import Field, Query, Router, Schema
from ninja.errors import HttpError
from ninja.responses import Status

from runs.checkpoints import checking, rank, retention
from runs.checkpoints.files import CheckpointRefused
from runs.checkpoints.listing import Row, listing
from runs.directions import greater_is_better, objectives_of
from runs.evaluations.again import evaluate_again
from runs.exports.options import Options
from runs.exports.plan import plan_export
from runs.exports.response import sent_home
from runs.fork import fork
from runs.models import Checkpoint, Project, Run, Sweep
from runs.specs import spec_with

router = Router(tags=["checkpoints"])


class CheckpointOut(Schema):
    """``state`` is "complete", "verified", "exported", "damaged" (``problem`` says how), "elsewhere" or "deleted";
    ``rank`` by the metric. ``sha256`` maps each file to its checksum; ``due`` is "delete" or "strip" where a policy, or
    a person, wants that at ``due_at``; ``kept``: why it stays.
    """

    id: str
    run: str
    run_name: str
    step: int
    epoch: float | None
    attempt: int
    state: str
    problem: str
    metrics: dict[str, float | str]
    size: int
    files: list[tuple[str, int]]
    created_at: datetime
    rank: int | None = None
    sha256: dict[str, str]
    verified_at: datetime | None
    notes: str
    is_pinned: bool
    aliases: list[str] = Field(default_factory=list)
    kept: list[str] = Field(default_factory=list)
    due: str
    due_at: datetime | None
    due_because: str
    deleted_at: datetime | None
    deleted_because: str


class EvaluateIn(Schema):
    """``part`` of the run's own data: "validation", "test" or "train"; or other data by its ``source``."""

    part: str = "test"
    source: str = ""
    name: str = ""


class EvaluateOut(Schema):
    run: str
    name: str


class Scope(Schema):
    """Exactly one of ``run``, ``sweep`` and ``project`` (its slug); ``metric``: else the objective."""

    run: str | None = None
    sweep: str | None = None
    project: str | None = None
    metric: str = ""
    greater_is_better: bool | None = None


class Listing(Scope):
    """``q``: a filter (docs/query.md); besides, what a checkpoint has itself (docs/checkpoints.md)."""

    q: str = ""
    limit: int = Field(200, ge=1, le=1000)


class Change(Schema):
    """What is given is changed."""

    notes: str | None = Field(None, max_length=10_000)
    is_pinned: bool | None = None


class DoneOut(Schema):
    """How many were taken away (or announced), the bytes that are free again, and a sentence for each refusal.

    ``asked`` are on other machines; their workers do it with their next word.
    """

    count: int
    freed: int
    refused: list[str]
    asked: int


@router.get("/checkpoints", response=list[CheckpointOut])
def list_checkpoints(request: HttpRequest, query: Query[Listing]) -> list[CheckpointOut]:
    """The checkpoints of a run, a sweep or a project, best first; unusable ones have no rank."""
    found = listing(_owner(query), query.metric, query.greater_is_better, query.q)
    return [_out(row.checkpoint, row.rank, row) for row in found.rows[: query.limit]]


@router.get("/checkpoints/best", response=CheckpointOut)
def best_checkpoint(request: HttpRequest, query: Query[Scope]) -> CheckpointOut:
    """The best usable checkpoint of a run, a sweep or a project; of equal ones the earliest step."""
    rows, metric, greater = _chosen(query)
    found = rank.best(rows, metric, greater)
    if found is None:
        raise HttpError(404, f"There is no complete checkpoint with a value of {metric or 'any metric'}.")
    return _out(found, 1)


@router.get("/checkpoints/{checkpoint_id}", response=CheckpointOut)
def read_checkpoint(request: HttpRequest, checkpoint_id: str) -> CheckpointOut:
    return _out(_checkpoint(checkpoint_id), None)


@router.patch("/checkpoints/{checkpoint_id}", response=CheckpointOut)
def change_checkpoint(request: HttpRequest, checkpoint_id: str, body: Change) -> CheckpointOut:
    """Write a note; pin it, which also takes back that it is to be deleted, or unpin it."""
    checkpoint = _checkpoint(checkpoint_id)
    if body.notes is not None:
        checkpoint.notes = body.notes.strip()
    if body.is_pinned:
        retention.keep(checkpoint)
    elif body.is_pinned is False:
        checkpoint.is_pinned = False
    checkpoint.save(update_fields=["notes", "is_pinned"])
    return _out(checkpoint, None)


@router.delete("/checkpoints/{checkpoint_id}", response=DoneOut)
def delete_checkpoint(
    request: HttpRequest,
    checkpoint_id: str,
    what: Literal["delete", "strip"] = "delete",
    at_once: bool = False,
) -> DoneOut:
    """Delete it, or with ``what=strip`` leave its weights; in two hours, unless it is pinned before, or at once."""
    done = retention.ask(
        [_checkpoint(checkpoint_id)], Checkpoint.Due(what), at_once=at_once, user=request.user
    )
    if done.refused:
        raise HttpError(409, " ".join(done.refused))
    return DoneOut(**vars(done))


@router.post("/checkpoints/{checkpoint_id}/verify", response={202: CheckpointOut})
def verify_checkpoint(request: HttpRequest, checkpoint_id: str) -> Status:
    """Have every byte read and compared with its checksum; ``verified_at`` or ``problem`` says soon what came out."""
    checkpoint = _checkpoint(checkpoint_id)
    checking.ask_for_check(checkpoint)
    return Status(202, _out(checkpoint, None))


@router.get("/checkpoints/{checkpoint_id}/download", response={200: None})
def download_checkpoint(
    request: HttpRequest,
    checkpoint_id: str,
    contents: Literal["inference", "full"] = "inference",
    archive: Literal["zip", "tar"] = "zip",
) -> HttpResponseBase:
    """The checkpoint as a zip or tar; ``contents`` "full" adds what a training needs to go on. Takes Range."""
    try:
        plan = plan_export(_checkpoint(checkpoint_id), Options(contents=contents, archive=archive))
        return sent_home(request, plan.archive(), plan.filename, checkpoint_id)
    except CheckpointRefused as refused:
        raise HttpError(409, f"This checkpoint cannot be exported: {refused}.") from refused


class ForkIn(Schema):
    """``spec``: the parent's when it is left out; ``set``: values by key ({"args.learning_rate": 1e-4}) put over it."""

    spec: dict[str, Any] | None = None
    set: dict[str, Any] = Field(default_factory=dict)
    name: str = ""
    tags: list[str] = Field(default_factory=list)


class Forked(Schema):
    id: str
    name: str
    state: str
    step: int


@router.post("/checkpoints/{checkpoint_id}/fork", response={201: Forked})
def fork_checkpoint(request: HttpRequest, checkpoint_id: str, body: ForkIn) -> Status:
    """Queue a run that goes on from this checkpoint, exactly, with other settings where they are given."""
    checkpoint = _checkpoint(checkpoint_id)
    spec = spec_with(checkpoint.run.spec if body.spec is None else body.spec, body.set)
    run = fork(checkpoint, spec, name=body.name, tags=body.tags, user=request.user)
    return Status(201, Forked(id=run.pk, name=run.name, state=run.state, step=run.step))


@router.post("/checkpoints/{checkpoint_id}/evaluate", response={201: EvaluateOut})
def evaluate_checkpoint(request: HttpRequest, checkpoint_id: str, body: EvaluateIn) -> Status:
    """Queue a run that measures this checkpoint on another split or other data, and trains nothing."""
    checkpoint = _checkpoint(checkpoint_id)
    run = evaluate_again(checkpoint, body.part, body.source, name=body.name, user=request.user)
    return Status(201, EvaluateOut(run=run.pk, name=run.name))


def _chosen(query: Scope) -> tuple[list[Checkpoint], str, bool]:
    """The checkpoints asked for, the metric that ranks them, and its direction."""
    rows = list(rank.checkpoints_of(_owner(query)).defer("run__environment", "run__traceback"))
    metric = query.metric or rank.default_metric(rows)
    greater = query.greater_is_better
    if greater is None:
        greater = greater_is_better(metric, objectives_of(row.run for row in rows))
    return rows, metric, greater


def _owner(query: Scope) -> Run | Sweep | Project:
    given = [value for value in (query.run, query.sweep, query.project) if value]
    if len(given) != 1:
        raise HttpError(422, "Name exactly one of run, sweep and project.")
    if query.run:
        return get_object_or_404(Run, pk=query.run)
    if query.sweep:
        return get_object_or_404(Sweep, pk=query.sweep)
    return get_object_or_404(Project, slug=query.project)


def _checkpoint(checkpoint_id: str) -> Checkpoint:
    return get_object_or_404(
        Checkpoint.objects.select_related("run__project", "run__sweep"), pk=checkpoint_id
    )


def _out(checkpoint: Checkpoint, place: int | None, row: Row | None = None) -> CheckpointOut:
    same = CheckpointOut.model_fields.keys() - {"run", "run_name", "state", "rank", "aliases", "kept"}
    return CheckpointOut(
        **{name: getattr(checkpoint, name) for name in same},
        run=checkpoint.run_id,
        run_name=checkpoint.run.name,
        state=rank.state_of(checkpoint),
        rank=place,
        aliases=list(row.aliases if row else checkpoint.aliases.values_list("name", flat=True)),
        kept=list(row.kept) if row else [],
    )
