"""What the query bar asks while somebody types: what fits next, what is wrong, what the text comes to."""

from typing import Any

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from dashboard.views.access import project_or_404
from runs.query import QueryError, parse
from runs.query.complete import Completion, complete
from runs.query.marks import rows, tokens
from runs.table.choose import choose, nothing
from runs.table.columns import RunColumns
from runs.table.store import columns_of


@require_safe
def assist(request: HttpRequest, project: str) -> JsonResponse:
    """``q`` with the cursor at ``at`` → {"completion", "tokens", "rows", "error", "matching", "total"}."""
    owner = project_or_404(project)
    text, at = request.GET.get("q", ""), request.GET.get("at", "")
    place = min(int(at), len(text)) if at.isdecimal() and len(at) < 9 else len(text)
    with columns_of(owner.pk) as columns:
        every = choose(columns, "")
        found = complete(columns, every.mask, text, place)
        return JsonResponse({"completion": _completion(found), **_meaning(columns, text)})


def _completion(found: Completion) -> dict[str, Any]:
    return {
        "kind": found.kind,
        "begin": found.begin,
        "end": found.end,
        "offers": [vars(offer) for offer in found.offers],
    }


def _meaning(columns: RunColumns, text: str) -> dict[str, Any]:
    """The pieces of a filter that can be parsed, even if a key in it is unknown."""
    said: dict[str, Any] = {"tokens": [], "rows": None, "error": None}
    try:
        tree = parse(text)
        found = rows(tree)
        said |= {"tokens": tokens(tree), "rows": None if found is None else [row.as_data() for row in found]}
        choice = choose(columns, text)
    except QueryError as error:
        choice = nothing(columns)
        said["error"] = error.as_data(text)
    return said | {"matching": choice.matching, "total": choice.total}
