"""The content-security policy of every answer."""

from django.http import HttpRequest, HttpResponse
from django.utils.deprecation import MiddlewareMixin

# Plotly sets style attributes of its own, so styles may be inline; scripts never.
_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
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
