"""Exports of a project's runs."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.views.decorators.http import require_safe

from dashboard.exports.csv_file import csv_lines
from dashboard.exports.json_file import json_lines
from dashboard.exports.parquet_file import parquet_bytes
from dashboard.exports.rows import Export, plan
from dashboard.views.access import project_or_404
from dashboard.views.console import stream
from runs.query import QueryError


def _in_parts(lines: Iterator[str]) -> Iterator[str]:
    """Some lines at a time: a part a line would be a thread switch a line."""
    while part := "".join(islice(lines, 100)):
        yield part


#: The ending of the address → content type, and what makes the parts.
FORMATS: dict[str, tuple[str, Callable[[Export], Iterator[Any]]]] = {
    "csv": ("text/csv; charset=utf-8", lambda export: _in_parts(csv_lines(export))),
    "json": ("application/json", lambda export: _in_parts(json_lines(export))),
    "parquet": ("application/vnd.apache.parquet", parquet_bytes),
}


@require_safe
def runs_file(request: HttpRequest, project: str, ending: str) -> HttpResponse | StreamingHttpResponse:
    """Every run that the filter ``q`` lets through, or those of ``runs`` (ids joined by commas), every column."""
    owner = project_or_404(project)
    named = request.GET.get("runs")
    ids = [part for part in named.split(",") if part] if named is not None else None
    try:
        export = plan(owner, request.GET.get("q", ""), request.GET.get("sort", ""), ids)
    except QueryError as error:
        return JsonResponse({"text": error.sentence}, status=422)
    kind, parts = FORMATS[ending]
    return StreamingHttpResponse(
        stream(parts(export)),
        content_type=kind,
        headers={"Content-Disposition": f'attachment; filename="{owner.slug}-runs.{ending}"'},
    )
