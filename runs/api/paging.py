"""Pages of runs by cursor: stable while new runs come in, and as cheap on page 1000 as on page 1."""

import base64
import binascii
from datetime import datetime

from django.db.models import Q, QuerySet
from ninja.errors import HttpError

from runs.models import Run


def cursor_of(run: Run) -> str:
    """The cursor of the page that begins after ``run``."""
    return base64.urlsafe_b64encode(f"{run.created_at.isoformat()} {run.pk}".encode()).decode()


def after(rows: QuerySet[Run], cursor: str) -> QuerySet[Run]:
    """The rows that come after a cursor, the newest first."""
    try:
        moment, _, run_id = base64.urlsafe_b64decode(cursor.encode()).decode().partition(" ")
        created = datetime.fromisoformat(moment)
    except (ValueError, binascii.Error):
        raise HttpError(422, "The cursor is not one that this server gave out.") from None
    if created.tzinfo is None:
        raise HttpError(422, "The cursor is not one that this server gave out.")
    return rows.filter(Q(created_at__lt=created) | Q(created_at=created, pk__lt=run_id))
