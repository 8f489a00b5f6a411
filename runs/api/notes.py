"""Notes on runs and sweeps."""

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Schema

from runs.models import Run, Sweep
from runs.notes import mark_of, save_notes

router = Router(tags=["notes"])


class NotesOut(Schema):
    """``text`` in Markdown; ``base`` is the mark of this version, to be sent back with a change of it."""

    text: str
    base: str


class NotesIn(Schema):
    """With ``base`` the change is refused (409) when somebody saved other notes since; without it they are replaced."""

    text: str
    base: str | None = None


@router.get("/runs/{run_id}/notes", response=NotesOut)
def run_notes(request: HttpRequest, run_id: str) -> NotesOut:
    """The notes of a run."""
    return _out(get_object_or_404(Run.objects.only("pk", "notes"), pk=run_id))


@router.put("/runs/{run_id}/notes", response=NotesOut)
def change_run_notes(request: HttpRequest, run_id: str, body: NotesIn) -> NotesOut:
    """Replace the notes of a run."""
    return _changed(get_object_or_404(Run.objects.select_related("project"), pk=run_id), body)


@router.get("/sweeps/{sweep_id}/notes", response=NotesOut)
def sweep_notes(request: HttpRequest, sweep_id: str) -> NotesOut:
    """The notes of a sweep."""
    return _out(get_object_or_404(Sweep, pk=sweep_id))


@router.put("/sweeps/{sweep_id}/notes", response=NotesOut)
def change_sweep_notes(request: HttpRequest, sweep_id: str, body: NotesIn) -> NotesOut:
    """Replace the notes of a sweep."""
    return _changed(get_object_or_404(Sweep, pk=sweep_id), body)


def _changed(thing: Run | Sweep, body: NotesIn) -> NotesOut:
    save_notes(thing, body.text, body.base)
    return _out(thing)


def _out(thing: Run | Sweep) -> NotesOut:
    return NotesOut(text=thing.notes, base=mark_of(thing.notes))
