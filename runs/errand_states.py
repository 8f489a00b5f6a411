"""The states of an errand: every change is a compare-and-set that the pages of its owner hear of."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone

from runs import live
from runs.models import Errand
from runs.models.errand import OPEN

State = Errand.State


def move(
    errand_id: str, target: State, sources: Iterable[str], held: int | None = None, **fields: Any
) -> bool:
    """One UPDATE … WHERE state IN (…), and the pages of its owner hear of it; whether it moved.

    ``held`` narrows it to the errand as this attempt knew it.
    """
    rows = Errand.objects.filter(pk=errand_id, state__in=sources)
    if held is not None:
        rows = rows.filter(attempt=held)
    if target not in OPEN:
        fields["ended_at"] = timezone.now()
    with transaction.atomic():
        moved = rows.update(state=target, **fields) == 1
        if moved:
            tell(errand_id)
    return moved


def tell(errand_id: str) -> None:
    """Tell the pages of the person who asked how far it is."""
    found = Errand.objects.filter(pk=errand_id).only("state", "progress", "user_id").first()
    if found is not None and found.user_id is not None:
        live.errand_changed(found.user_id, errand_id, found.state, found.progress)
