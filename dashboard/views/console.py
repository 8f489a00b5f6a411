"""The console output of a run: as a download, and what its page asks for."""

from collections.abc import AsyncIterator, Iterator

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from dashboard.views.access import run_or_404
from runs import console
from runs.queries import console_texts
from trainer_bridge.console_text import plain


@require_safe
def console_text(request: HttpRequest, run: str) -> StreamingHttpResponse:
    """Every line as plain text without colours, streamed: a long run's output is never in memory at once."""
    owner = run_or_404(run)
    return StreamingHttpResponse(
        stream(map(plain, console_texts(owner))),
        content_type="text/plain; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{owner.pk}-console.txt"'},
    )


@require_safe
def console_find(request: HttpRequest, run: str) -> JsonResponse:
    """Lines that contain ``q``, of one ``rank`` if that is given: {"lines": [number, …], "count"}."""
    text = request.GET.get("q", "")
    owner = run_or_404(run)
    numbers, count = console.find(owner, text, _rank(request)) if text else ([], 0)
    return JsonResponse({"lines": numbers, "count": count})


@require_safe
def console_ranges(request: HttpRequest, run: str) -> JsonResponse:
    """Where the lines of ``rank`` stand: {"ranges": [[first line, how many], …]}."""
    return JsonResponse({"ranges": console.ranges(run_or_404(run), _rank(request) or 0)})


@require_safe
def console_error(request: HttpRequest, run: str) -> HttpResponse:
    """To the line at which the run went wrong."""
    line = console.error_line(run_or_404(run))
    return redirect(f"{reverse('run_console', args=[run])}?line={line}")


def _rank(request: HttpRequest) -> int | None:
    text = request.GET.get("rank", "")
    return int(text) if text.isdecimal() and text.isascii() and len(text) < 10 else None


async def stream(parts: Iterator[str]) -> AsyncIterator[str]:
    """A synchronous iterator that reads the database, taken part by part in a thread."""
    while (part := await _next(parts)) is not None:
        yield part


@sync_to_async
def _next(parts: Iterator[str]) -> str | None:
    return next(parts, None)
