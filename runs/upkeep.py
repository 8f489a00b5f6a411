"""What a web process does about once a minute: pack what ended runs left in small pieces, delete old errands and really
delete what was deleted, give space back.

Deleted rows leave free pages in an SQLite file, which later rows fill. When many are free, they go back to the
file system, a few megabytes at a time, so that no bridge waits for it. PostgreSQL does this by itself.
"""

import logging
from functools import partial

from channels.db import database_sync_to_async
from django.db import connection
from django.db.models import Count

from runs import errands, series, uploads
from runs.exports import begin as exports
from runs.models import PendingPoints
from runs.removal import delete_overdue, empty_trash
from runs.rules import deliver
from runs.states import ENDED
from runs.writer import writer

log = logging.getLogger(__name__)

#: Free bytes in the database file that are worth giving back, and how many stay for the next rows.
WORTHWHILE = 16 * 1024 * 1024
RESERVE = 4 * 1024 * 1024
#: Pages given back at a time.
PAGES = 2000
#: Runs packed in one round.
RUNS = 20


async def keep_up() -> None:
    """One round. What the server did not come to when it was killed is done now."""
    for run_id in await database_sync_to_async(runs_in_pieces)():
        await writer.submit(partial(series.compact, run_id), run_id)
    await database_sync_to_async(delete_overdue)()
    await database_sync_to_async(empty_trash)()
    await database_sync_to_async(errands.delete_old)()
    await database_sync_to_async(uploads.give_up_abandoned)()
    await database_sync_to_async(deliver.delete_old)()
    await database_sync_to_async(exports.keep_up)()
    while await database_sync_to_async(give_back_space)():
        pass


def runs_in_pieces() -> list[str]:
    """Ended runs that have more than one row of pending points in an attempt."""
    rows = PendingPoints.objects.filter(run__state__in=ENDED).order_by().values("run_id", "attempt")
    pieces = rows.annotate(rows=Count("id")).filter(rows__gt=1)
    return sorted({row["run_id"] for row in pieces[:RUNS]})


def give_back_space() -> bool:
    """Shrink the database file by at most PAGES pages; whether there is more to do."""
    if connection.vendor != "sqlite" or not _can_shrink():
        return False
    size, free = _pragma("page_size"), _pragma("freelist_count")
    if free * size < WORTHWHILE:
        return False
    most = min(PAGES, free - RESERVE // size)
    connection.ensure_connection()
    # Not execute(): it would take only the first page.
    connection.connection.executescript(f"PRAGMA incremental_vacuum({most}); PRAGMA wal_checkpoint(PASSIVE);")
    return _pragma("freelist_count") < free


def _can_shrink() -> bool:
    """A file that was made by an earlier release can only be shrunk whole, by SQLite's VACUUM."""
    return _pragma("auto_vacuum") == 2


def _pragma(name: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA {name}")
        return cursor.fetchone()[0]
