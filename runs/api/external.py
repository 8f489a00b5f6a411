"""A training that was started elsewhere joins: POST /runs/start."""

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field, Router, Schema

from runs.external import Wish, join
from runs.projects import project_called

router = Router(tags=["runs"])


class StartIn(Schema):
    """``project`` is a slug or a name, made if it is missing; without one the project of the newest run.

    ``id`` is made by the sender (8 to 16 letters and digits), so that sending this again makes no second run.
    Without ``attempt`` the newest one goes on, or the next begins when that has ended.
    """

    project: str = ""
    name: str = ""
    tags: list[str] = Field(default_factory=list)
    config: dict[str, Any] = Field(default_factory=dict)
    id: str = ""
    attempt: Annotated[int, Field(ge=1, le=100_000)] | None = None
    host: str = ""


class StartOut(Schema):
    """``token`` lets this process send events of this attempt over /ws/bridge/; it is told only now."""

    run: str
    name: str
    attempt: int
    token: str
    url: str


@router.post("/runs/start", response=StartOut)
def start_run(request: HttpRequest, body: StartIn) -> StartOut:
    """Begin, or join again, a run that trains somewhere else and reports here."""
    wish = Wish(body.name, tuple(body.tags), body.config, body.id, body.attempt, body.host)
    joined = join(
        project_called(body.project), wish, user=request.user, api_token=getattr(request, "api_token", None)
    )
    return StartOut(
        run=joined.run.pk,
        name=joined.run.name,
        attempt=joined.attempt,
        token=joined.token,
        url=request.build_absolute_uri(f"/r/{joined.run.pk}"),
    )
