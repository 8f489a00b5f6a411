"""Answers that Django has no class for."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect


class SeeOther(HttpResponseRedirect):
    """After a POST: the browser gets the other page, and reloading it does not send the form again."""

    status_code = 303


def is_script(request: HttpRequest) -> bool:
    """Whether a script of ours asks, not a browser that follows a link or sends a form."""
    return request.headers.get("X-Requested-With") == "fetch"


def told(request: HttpRequest, text: str, back: str, *, status: int = 200, **more: str) -> HttpResponse:
    """What came of a press: {"text", …} for a script, else a message on the page ``back`` (a name or an address)."""
    if is_script(request):
        return JsonResponse({"text": text, **more}, status=status)
    messages.add_message(request, messages.INFO if status == 200 else messages.ERROR, text)
    return redirect(back)
