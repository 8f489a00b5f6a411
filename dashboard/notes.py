"""Notes of a run or a sweep as the pages show and edit them."""

from typing import Any

from django.urls import reverse

from dashboard.markdown import render
from runs.models import Run, Sweep
from runs.notes import mark_of


def notes_context(thing: Run | Sweep) -> dict[str, Any]:
    """What templates/notes/_notes.html needs, as ``notes``."""
    kind = "sweep" if isinstance(thing, Sweep) else "run"
    return {
        "text": thing.notes,
        "html": render(thing.notes),
        "base": mark_of(thing.notes),
        "url": reverse(f"{kind}_notes", args=[thing.pk]),
        "preview": reverse("notes_preview"),
        "of": thing.name,
    }
