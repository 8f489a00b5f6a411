"""Errands: ask a worker for something short, look how it is, cancel it. Everybody sees only their own."""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest
from ninja import Router, Schema
from ninja.responses import Status

from runs import errands
from runs.errors import ErrandError
from runs.models import Errand
from trainer_bridge import errands as kinds

router = Router(tags=["errands"])


class ErrandIn(Schema):
    kind: str
    payload: dict[str, Any] = {}


class ErrandState(Schema):
    """``waits`` says why a waiting errand does not begin; ``reason`` why one failed or was cancelled."""

    id: str
    kind: str
    state: str
    progress: str
    waits: str
    result: dict[str, Any] | None
    reason: str
    details: str
    worker: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


@router.post("/errands", response={201: ErrandState})
def create_errand(request: HttpRequest, body: ErrandIn) -> Status:
    """Ask the workers; the answer comes at once, the result later."""
    if body.kind in kinds.background():
        raise ErrandError(f"The server asks for “{body.kind}” itself.")
    return Status(201, _state(errands.ask(body.kind, body.payload, request.user)))


@router.get("/errands/{errand_id}", response=ErrandState)
def read_errand(request: HttpRequest, errand_id: str) -> ErrandState:
    """How it is, with its result once it is done. An errand that nobody asks about is cancelled in time."""
    return _state(_mine(request, errand_id))


@router.delete("/errands/{errand_id}", response={204: None})
def cancel_errand(request: HttpRequest, errand_id: str) -> Status:
    """Nobody needs it any more; what has ended already stays as it is."""
    errands.cancel(_mine(request, errand_id).pk)
    return Status(204, None)


def _mine(request: HttpRequest, errand_id: str) -> Errand:
    errand = errands.look_at(errand_id, request.user)
    if errand is None:
        raise Http404("There is no such errand. Ended ones are kept for two hours.")
    return errand


def _state(errand: Errand) -> ErrandState:
    same = ErrandState.model_fields.keys() - {"waits"}
    values = {name: getattr(errand, name) for name in same}
    return ErrandState(waits=errands.why_it_waits(errand), **values)
