"""What worker processes ask and tell: "I am here", "what shall I do?", "so far is it" (scope "worker")."""

from dataclasses import asdict
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Field, Path, Router, Schema
from ninja.errors import HttpError
from ninja.responses import Status

from runs import catalog, errand_work
from runs.api.auth import WORKER_NAME, WORKERS
from runs.dispatch import claim_next
from runs.placement import Offer
from runs.workers import announce_overview, record_heartbeat, waiting_for

router = Router(tags=["workers"], auth=WORKERS)

Name = Annotated[str, Path(pattern=WORKER_NAME)]


class Heartbeat(Schema):
    state: Literal["warming up", "ready", "gone"]
    slots: int = Field(ge=1, le=1024)
    busy: int = Field(0, ge=0, le=1024)
    info: dict[str, Any] = Field(default_factory=dict)


class HeartbeatAnswer(Schema):
    """How many queued runs have a recipe that the worker has, how many errands wait.

    ``missing``: recipes that queued runs need and the worker has not.
    """

    queued: int
    errands: int
    missing: list[str]


class ClaimIn(Schema):
    """``request``: a random id; the same one gets the same run again, when the answer was lost on the way.

    ``room`` and ``largest``: device slots that one run may take there now, and at most; ``labels`` that it has.
    """

    request: str = Field("", max_length=64)
    room: int = Field(1, ge=1, le=1024)
    largest: int = Field(1, ge=1, le=1024)
    labels: list[str] = Field(default_factory=list, max_length=100)


class ClaimOut(Schema):
    """``token`` lets the attempt send events, told only now; ``resume_from`` is within the run's folder."""

    run: str
    name: str
    attempt: int
    token: str
    spec: dict[str, Any]
    resume_from: str | None
    changes: list[dict[str, Any]]
    forked: bool
    processes: int
    slots: int
    evaluate: dict[str, Any]


@router.post("/workers/{name}/heartbeat", response=HeartbeatAnswer)
def heartbeat(request: HttpRequest, name: Name, body: Heartbeat) -> HeartbeatAnswer:
    """The worker lives, has so many device slots, and so many train."""
    record_heartbeat(name, body.state, body.slots, body.busy, body.info)
    if body.state == "gone":
        errand_work.give_back(name)
    queued, missing = waiting_for(name)
    return HeartbeatAnswer(queued=queued, errands=errand_work.waiting(), missing=missing)


@router.post("/workers/{name}/claim", response={200: ClaimOut, 204: None})
def claim(request: HttpRequest, name: Name, body: ClaimIn) -> Status:
    """The first queued run that the worker has room for, for it alone; 204 when there is none."""
    claimed = claim_next(name, body.request, Offer(body.room, body.largest, frozenset(body.labels)))
    return Status(204, None) if claimed is None else Status(200, ClaimOut(**asdict(claimed)))


@router.put("/workers/{name}/recipes", response={204: None})
def report_recipes(request: HttpRequest, name: Name) -> Status:
    """The recipes and scripts of a person's own that the worker has now, instead of what it told before.

    The body is JSON of trainer_bridge/own/wire.py.
    """
    try:
        if catalog.report(name, request.body):
            announce_overview()  # open forms look again
    except ValueError as error:
        raise HttpError(422, f"This is no catalogue of a worker: {error}") from error
    return Status(204, None)
