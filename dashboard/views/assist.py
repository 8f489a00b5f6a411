"""What the query bar asks while somebody types: what fits next, what is wrong, what the text comes to."""

from typing import Any

import numpy as np
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from dashboard.views.access import project_or_404
from runs.checkpoints.listing import columns as checkpoint_columns
from runs.checkpoints.listing import known_of
from runs.query import QueryError, parse
from runs.query.complete import Completion, complete
from runs.query.evaluate import evaluate
from runs.query.marks import rows, tokens
from runs.table.choose import choose, nothing
from runs.table.columns import RunColumns
from runs.table.store import columns_of


@require_safe
def assist(request: HttpRequest, project: str) -> JsonResponse:
    """``q`` with the cursor at ``at`` → {"completion", "tokens", "rows", "error", "matching", "total"}."""
    owner = project_or_404(project)
    text, place = _typed(request)
    with columns_of(owner.pk) as columns:
        every = choose(columns, "")
        found = complete(columns, every.mask, text, place)
        return JsonResponse({"completion": _completion(found), **_meaning(columns, text)})


@require_safe
def checkpoints(request: HttpRequest, project: str) -> JsonResponse:
    """The same for the filter of the checkpoints page, counting checkpoints."""
    owner = project_or_404(project)
    text, place = _typed(request)
    known = known_of(owner)
    with checkpoint_columns(owner, known) as columns:
        found = complete(columns, np.ones(columns.size, dtype=bool), text, place)
        said = _pieces(text) | {"matching": 0, "total": columns.size}
        try:
            said["matching"] = int(evaluate(parse(text), columns).sum())
        except QueryError as error:
            said["error"] = error.as_data(text)
        return JsonResponse({"completion": _completion(found), **said})


def _typed(request: HttpRequest) -> tuple[str, int]:
    """The text and where the cursor is in it."""
    text, at = request.GET.get("q", ""), request.GET.get("at", "")
    return text, min(int(at), len(text)) if at.isdecimal() and len(at) < 9 else len(text)


def _completion(found: Completion) -> dict[str, Any]:
    return {
        "kind": found.kind,
        "begin": found.begin,
        "end": found.end,
        "offers": [vars(offer) for offer in found.offers],
    }


def _meaning(columns: RunColumns, text: str) -> dict[str, Any]:
    said = _pieces(text)
    try:
        choice = choose(columns, text)
    except QueryError as error:
        choice = nothing(columns)
        said["error"] = error.as_data(text)
    return said | {"matching": choice.matching, "total": choice.total}


def _pieces(text: str) -> dict[str, Any]:
    """The pieces of a filter that can be parsed, even if a key in it is unknown."""
    said: dict[str, Any] = {"tokens": [], "rows": None, "error": None}
    try:
        tree = parse(text)
    except QueryError:
        return said
    found = rows(tree)
    return said | {
        "tokens": tokens(tree),
        "rows": None if found is None else [row.as_data() for row in found],
    }
