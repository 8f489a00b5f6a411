"""How a page is answered that asks a worker for an errand."""

from typing import Any

from django.http import JsonResponse

from runs import errands
from runs.errors import ErrandError


def ask(kind: str, payload: dict[str, Any], user: Any, recipe: str, **beside: Any) -> JsonResponse:
    """201 with the errand's id, or 422 with why it cannot be asked for, and ``beside``."""
    try:
        errand = errands.ask(kind, payload, user, recipe=recipe)
    except ErrandError as refusal:
        return JsonResponse({"error": str(refusal), **beside}, status=422)
    return JsonResponse({"errand": errand.pk}, status=201)
