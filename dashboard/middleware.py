"""The content-security policy of every answer; a database that cannot store says so on the page."""

import logging

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.deprecation import MiddlewareMixin

from dashboard.responses import is_script

log = logging.getLogger(__name__)

# Plotly sets style attributes of its own, so styles may be inline; scripts never.
_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "media-src 'self' data:; "
    "connect-src 'self' ws://{host} wss://{host}; object-src 'none'; base-uri 'self'; form-action 'self'; "
    "frame-ancestors 'none'"
)


class ContentSecurityPolicyMiddleware(MiddlewareMixin):
    """Only this server's own files run: no inline script, no foreign host, no framing."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        response.headers.setdefault(
            "Content-Security-Policy", _POLICY.format(host=request.META.get("HTTP_HOST", ""))
        )
        return response


class StorageTroubleMiddleware(MiddlewareMixin):
    """A full disk, or too many writers at once, is no fault of the page: 507 with the database's own words."""

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, OperationalError):
            return None
        log.error("%s %s could not be stored: %s", request.method, request.path, exception)
        text = f"The server cannot store anything now: {exception}."
        if is_script(request):
            return JsonResponse({"text": text}, status=507)
        return render(request, "507.html", {"text": text}, status=507)
