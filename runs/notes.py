"""Notes in Markdown on runs and sweeps, kept safe from two people who edit at once."""

import hashlib

from django.db import transaction
from django.db.models import F

from runs.errors import RunError
from runs.live import runs_changed
from runs.models import Run, Sweep

MAX_NOTES = 100_000
_MARK = 16


class NotesChangedError(RunError):
    """Somebody else saved other notes meanwhile; ``text`` is what there is now."""

    def __init__(self, text: str) -> None:
        super().__init__("The notes were changed by somebody else while you wrote. Nothing is saved yet.")
        self.text = text


def mark_of(text: str) -> str:
    """What an editor sends back to tell which text it began with."""
    return hashlib.sha256(text.encode()).hexdigest()[:_MARK]


def save_notes(thing: Run | Sweep, text: str, base: str | None) -> None:
    """Replace the notes that ``base`` is the mark of; None: whatever there is. Raises NotesChangedError, and RunError
    when they are too long."""
    text = clean(text)
    with transaction.atomic():
        now = type(thing).objects.select_for_update().only("pk", "notes").get(pk=thing.pk)
        if base is not None and base != mark_of(now.notes) and text != now.notes:
            raise NotesChangedError(now.notes)
        _store(thing, text)
    thing.notes = text


def _store(thing: Run | Sweep, text: str) -> None:
    if isinstance(thing, Sweep):
        Sweep.objects.filter(pk=thing.pk).update(notes=text)
        return
    # Tables that filter by notes ask for the runs whose version is another.
    Run.objects.filter(pk=thing.pk).update(notes=text, version=F("version") + 1)
    slug = thing.project.slug
    transaction.on_commit(lambda: runs_changed(slug))


def clean(text: str) -> str:
    """Notes as they are kept: lines end in one way, nothing around them. Raises RunError."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "").strip()
    if len(text) > MAX_NOTES:
        raise RunError(
            f"The text has {len(text):,} characters; the most is {MAX_NOTES:,}. Shorten it or split it."
        )
    return text
