"""Every error of the REST API looks the same: {"error": sentence, "problems": {field: sentence}}."""

import logging
import re
from collections.abc import Callable
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from runs.checkpoints.policy import PolicyError
from runs.commands import CommandError
from runs.errors import ErrandError, RunError, SpecError, UploadError
from runs.presets import PresetError
from runs.projects import ProjectError
from runs.query import QueryError
from runs.resume import ResumeDiffers
from runs.rules.check import RuleError

log = logging.getLogger(__name__)

_NO_ROW = re.compile(r"No (\w+) matches the given query\.")
_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")

Problems = dict[str, str]


def error_response(status: int, error: str, problems: Problems | None = None) -> JsonResponse:
    """An error as every route answers it."""
    return JsonResponse({"error": error, "problems": problems or {}}, status=status)


def add_error_handlers(api: NinjaAPI) -> None:
    """Turn whatever a route raises into an answer of the one shape."""
    answers: dict[type[Exception], Callable[[Any], JsonResponse]] = {
        SpecError: _spec_error,
        ProjectError: lambda e: error_response(422, "This project cannot be made.", {"name": str(e)}),
        PresetError: lambda e: error_response(422, "This preset cannot be saved.", {"name": str(e)}),
        QueryError: lambda e: _wrong_query(e),
        RuleError: lambda e: error_response(422, "This rule cannot be.", e.problems),
        CommandError: lambda e: error_response(409, str(e)),
        PolicyError: lambda e: error_response(422, "This policy cannot be.", e.problems),
        ResumeDiffers: lambda e: _differs(e),
        RunError: lambda e: error_response(409, str(e)),
        ErrandError: lambda e: error_response(422, str(e)),
        UploadError: lambda e: error_response(422, str(e)),
        Http404: lambda e: error_response(404, _nothing(str(e))),
        RequestDataTooBig: lambda e: error_response(
            413, "The request's body is too large: the most is 1 MiB."
        ),
        ValidationError: lambda e: _invalid(e.errors),
        AuthenticationError: _unauthenticated,
        HttpError: _http_error,
    }
    for kind, answer in answers.items():
        api.add_exception_handler(kind, _handler(answer))
    api.add_exception_handler(OperationalError, _not_stored)
    api.add_exception_handler(Exception, _failed)


def _differs(error: ResumeDiffers) -> JsonResponse:
    """What differs, beside what every error has."""
    differences = [vars(one) for one in error.plan.differences]
    problems = {one.key: f"{one.before} → {one.after}. {one.effect}" for one in error.plan.differences}
    said = {"error": f"{error} Send confirm: true if that is meant.", "problems": problems}
    return JsonResponse(said | {"differences": differences, "notes": error.plan.notes}, status=409)


def _wrong_query(error: QueryError) -> JsonResponse:
    """Where in the text the fault is, beside what every error has."""
    place = {"at": error.at, "end": error.end, "expected": error.expected, "nearest": error.nearest}
    said = {"error": error.sentence, "problems": {error.field: error.sentence}}
    return JsonResponse(said | place, status=422)


def _handler(answer: Callable[[Any], JsonResponse]) -> Any:
    return lambda request, error: answer(error)


def _nothing(text: str) -> str:
    """Django's own words name a class; ours are said as they are."""
    if found := _NO_ROW.fullmatch(text):
        return f"There is no such {_CAPITAL.sub(' ', found[1]).lower()}."
    return text or "There is nothing at this address."


def _spec_error(error: SpecError) -> JsonResponse:
    return error_response(422, "This specification cannot run.", error.problems)


def _http_error(error: HttpError) -> JsonResponse:
    # What a parser raises, Ninja wraps.
    if isinstance(error.__cause__, SpecError):
        return _spec_error(error.__cause__)
    return error_response(error.status_code, _sentence(error.message))


def _unauthenticated(error: AuthenticationError) -> JsonResponse:
    known = (
        error.message
        if error.message != "Unauthorized"
        else "Log in, or send a bearer token of `manage.py token`."
    )
    response = error_response(401, known)
    response["WWW-Authenticate"] = "Bearer"
    return response


def _sentence(message: str) -> str:
    if message == "Cannot parse request body":
        return "The request's body is not JSON."
    return message


def _invalid(errors: list[dict[str, Any]]) -> JsonResponse:
    problems = {_field(error["loc"]): error["msg"] for error in errors}
    return error_response(422, "The request cannot be understood.", problems)


def _field(place: tuple[Any, ...]) -> str:
    """("body", "body", "spec", "args") → "spec.args": the field as the sender knows it."""
    names = [str(part) for part in place if part not in ("body", "query", "path")]
    return ".".join(names) or "body"


def _not_stored(request: HttpRequest, error: Any) -> HttpResponse:
    """The database's own trouble (a full disk, too many writers at once) is said, not only logged."""
    log.error("%s %s could not be stored: %s", request.method, request.path, error)
    return error_response(507, f"The server cannot store anything now: {error}.")


def _failed(request: HttpRequest, error: Any) -> HttpResponse:
    log.exception("%s %s failed", request.method, request.path, exc_info=error)
    return error_response(500, "The server failed at this; its log says how.")
