"""Who may use the REST API: a bearer token with the right scope, or a page's log-in session."""

import re
from typing import Any

from django.contrib.auth.models import User
from django.http import HttpRequest
from ninja.errors import AuthenticationError, AuthorizationError, HttpError
from ninja.security import HttpBearer
from ninja.security.base import AuthBase
from ninja.utils import check_csrf

from runs.access import api_token_for
from runs.refusals import note_refusal
from runs.versions import version_problem
from trainer_bridge.rest import VERSION_HEADER

#: What a worker may be called.
WORKER_NAME = r"^[\w.@:+ -]{1,100}$"
SAFE = ("GET", "HEAD", "OPTIONS")


class Bearer(HttpBearer):
    """An API token. ``scope`` is what it needs; without one, "read" for reading and "write" for the rest."""

    def __init__(self, scope: str = "") -> None:
        self.scope = scope
        super().__init__()

    def authenticate(self, request: HttpRequest, token: str) -> User:
        found = api_token_for(token.strip())
        if found is None:
            raise AuthenticationError(message="This API token is unknown or was revoked.")
        needed = self.scope or ("read" if request.method in SAFE else "write")
        if needed not in found.scopes:
            raise AuthorizationError(
                message=f"This needs a token with the scope “{needed}”; “{found.name}” has "
                f"{', '.join(found.scopes)}."
            )
        request.user = found.user
        # What is given out on its strength ends with it.
        request.api_token = found  # type: ignore[attr-defined]
        return found.user


class Session(AuthBase):
    """The log-in of a page. Requests that change something carry Django's CSRF token."""

    openapi_type = "apiKey"
    openapi_in = "cookie"
    openapi_name = "sessionid"

    def __call__(self, request: HttpRequest) -> Any:
        if not request.user.is_authenticated:
            return None
        if check_csrf(request) is not None:
            raise AuthorizationError(message="The request lacks the page's CSRF token (header X-CSRFToken).")
        return request.user


class WorkerBearer(Bearer):
    """A worker's token. One that is turned away is shown to people, who may not see its terminal."""

    def __init__(self) -> None:
        super().__init__("worker")

    def authenticate(self, request: HttpRequest, token: str) -> User:
        name = request.resolver_match.kwargs.get("name", "") if request.resolver_match else ""
        try:
            user = super().authenticate(request, token)
            _refuse_version(request)
        except HttpError as refusal:
            if re.match(WORKER_NAME, name):
                note_refusal(name, refusal.message, request.META.get("REMOTE_ADDR", ""))
            raise
        return user


def _refuse_version(request: HttpRequest) -> None:
    """Workers before the header was sent spoke the first version."""
    version = request.headers.get(VERSION_HEADER, "1")
    if problem := version_problem(int(version) if version.isdecimal() else 0, "worker"):
        raise HttpError(409, problem)


#: For people and their scripts.
PEOPLE = [Bearer(), Session()]
#: For worker processes only.
WORKERS = [WorkerBearer()]
