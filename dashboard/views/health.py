"""For whoever watches this server: it answers."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse


@login_not_required
def healthz(request: HttpRequest) -> JsonResponse:
    """{"status": "ok"} from a web process that can answer."""
    return JsonResponse({"status": "ok"})
