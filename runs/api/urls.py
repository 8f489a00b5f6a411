"""The REST API under /api/v1/: its routers, its addresses, and one shape of error for everything else."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import re_path
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI

from runs.api import (
    adopt,
    aliases,
    checkpoints,
    compare,
    errand_work,
    errands,
    external,
    group_series,
    launch,
    notes,
    presets,
    projects,
    queue,
    recipes,
    reports,
    retention,
    rules,
    runs,
    series,
    sweeps,
    uploads,
    worker_checkpoints,
    workers,
)
from runs.api.auth import PEOPLE
from runs.api.body import BodyParser
from runs.api.errors import add_error_handlers, error_response

api = NinjaAPI(
    title="Trainboard",
    version="1",
    description="Projects, runs, series, sweeps and checkpoints. Send `Authorization: Bearer <token>` with a "
    "token of `python manage.py token`.",
    urls_namespace="api",
    docs_url=None,
    auth=PEOPLE,
    parser=BodyParser(),
)
# "external" before "runs": /runs/start is no run.
for module in (
    projects,
    queue,
    external,
    launch,
    presets,
    notes,
    reports,
    recipes,
    rules,
    runs,
    series,
    group_series,
    sweeps,
    checkpoints,
    aliases,
    retention,
    adopt,
    compare,
    errands,
    uploads,
    workers,
    worker_checkpoints,
    errand_work,
):
    api.add_router("", module.router)
add_error_handlers(api)


def _guarded(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Ninja asks who is there, so Django must not redirect to the log-in page; 405 and 413 become JSON."""

    @wraps(view, assigned=(), updated=())
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdigit() or int(length) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            return error_response(413, "The request's body is too large: the most is 1 MiB.")
        response = view(request, *args, **kwargs)
        if response.status_code != 405:
            return response
        answer = error_response(405, f"{request.method} is not possible here, only {response['Allow']}.")
        answer["Allow"] = response["Allow"]
        return answer

    return csrf_exempt(login_not_required(guarded))


def _not_found(request: HttpRequest) -> HttpResponse:
    return error_response(
        404, f"The API has nothing at {request.path}; /api/v1/openapi.json lists what there is."
    )


def _patterns() -> list[Any]:
    missing = csrf_exempt(login_not_required(_not_found))
    patterns: list[Any] = api.urls[0]
    for route in patterns:
        # The root only tells Ninja where it stands; to people it is an address like any other without a page.
        route.callback = missing if route.name == "api-root" else _guarded(route.callback)
    return [*patterns, re_path("", missing)]


app_name = "api"
urlpatterns = _patterns()
