"""What worker processes ask and tell about errands (scope "worker")."""

from dataclasses import asdict
from typing import Any

from django.http import HttpRequest
from ninja import Field, Router, Schema
from ninja.responses import Status

from runs import errand_work
from runs.api.auth import WORKERS
from runs.api.workers import Name

router = Router(tags=["workers"], auth=WORKERS)


class ErrandOut(Schema):
    """``attempt`` goes with every word about it."""

    errand: str
    attempt: int
    kind: str
    payload: dict[str, Any]


class ErrandWord(Schema):
    """How far an errand is; one with a ``result`` or a ``failure`` is the last."""

    attempt: int = Field(ge=1)
    progress: str | None = Field(None, max_length=1000)
    result: dict[str, Any] | None = None
    failure: str | None = Field(None, max_length=2000)
    details: str = Field("", max_length=50_000)


class ErrandAnswer(Schema):
    """``wanted`` false: stop, nobody waits for it any more."""

    wanted: bool


@router.post("/workers/{name}/errands", response={200: ErrandOut, 204: None})
def claim_errand(request: HttpRequest, name: Name) -> Status:
    """The oldest waiting errand, for this worker alone; 204 when none waits."""
    claimed = errand_work.claim(name)
    return Status(204, None) if claimed is None else Status(200, ErrandOut(**asdict(claimed)))


@router.post("/workers/{name}/errands/{errand_id}", response=ErrandAnswer)
def hear_of_errand(request: HttpRequest, name: Name, errand_id: str, body: ErrandWord) -> ErrandAnswer:
    """The worker's word about an errand that it has in hand."""
    who = (errand_id, name, body.attempt)
    if body.failure is not None:
        return ErrandAnswer(wanted=errand_work.fail(*who, body.failure, body.details))
    if body.result is not None:
        return ErrandAnswer(wanted=errand_work.finish(*who, body.result))
    return ErrandAnswer(wanted=errand_work.heard(*who, body.progress))
