"""The console output of a run as a download."""

from collections.abc import AsyncIterator, Iterator

from asgiref.sync import sync_to_async
from django.http import HttpRequest, StreamingHttpResponse
from django.views.decorators.http import require_safe

from dashboard.views.access import run_or_404
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


async def stream(parts: Iterator[str]) -> AsyncIterator[str]:
    """A synchronous iterator that reads the database, taken part by part in a thread."""
    while (part := await _next(parts)) is not None:
        yield part


@sync_to_async
def _next(parts: Iterator[str]) -> str | None:
    return next(parts, None)
