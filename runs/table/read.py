"""What an index reads from the database: versions of all runs, and the rows of those that changed."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connection

from runs import sql
from runs.models import Checkpoint, Project, Run, Series, Sweep

#: More runs than these are read with their whole project: a list of thousands of ids is slower.
MANY = 500
#: Rows of series that are in memory at once.
ROWS = 20_000
RUN_FIELDS = (
    "pk",
    "version",
    "name",
    "tags",
    "notes",
    "state",
    "sweep_id",
    "trial",
    "spec",
    "worker",
    "created_by",
    "objective",
    "greater_is_better",
    "step",
    "max_steps",
    "epoch",
    "created_at",
    "started_at",
    "ended_at",
    "archived_at",
    "deleted_at",
)


def versions(project_id: int) -> dict[str, int]:
    """{run: version} of every run of a project, the deleted ones that can still come back included."""
    return dict(sql.rows(_by_indexes("id, version"), [project_id, project_id]))


def checkpoint_count(project_id: int) -> int:
    """How many whole checkpoints all these runs have."""
    whole = f"SELECT COUNT(*) FROM {sql.table(Checkpoint)} WHERE deleted_at IS NULL AND problem = ''"  # noqa: S608
    if not Project.objects.exclude(pk=project_id).exists():
        # An index answers that at once; to ask for each checkpoint's project takes most of a page's time.
        return int(sql.rows(whole, [])[0][0])
    query = f"{whole} AND run_id IN ({_by_indexes('id')})"
    return int(sql.rows(query, [project_id, project_id])[0][0])


def _by_indexes(names: str) -> str:
    """A query of every run of a project, with the project's number as its two parameters. Each half has an index;
    without it SQLite would walk over the large columns of every row."""
    runs = sql.table(Run)
    query = f"SELECT {names} FROM {runs} WHERE project_id = %s AND ended_at IS "  # noqa: S608
    # Those that only measure a checkpoint are few, and stand in an index of their own.
    no_training = f"AND id NOT IN (SELECT id FROM {runs} WHERE kind = 'evaluation')"  # noqa: S608
    return f"{query} NOT NULL {no_training} UNION ALL {query} NULL {no_training}"


def run_rows(project_id: int, ids: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """The RUN_FIELDS of these runs."""
    rows = Run.everything.filter(project=project_id, kind=Run.Kind.TRAINING).order_by()
    return (rows.filter(pk__in=ids) if len(ids) <= MANY else rows).values_list(*RUN_FIELDS).iterator(2000)


def series_rows(project_id: int, ids: Sequence[str]) -> Iterator[list[tuple[Any, ...]]]:
    """(run, key, min, max, last as text, count of NaN and ±Inf) of every series of these runs that has points, some
    thousands at a time.
    """
    if not ids:
        return
    key, low, high = map(connection.ops.quote_name, ("key", "min", "max"))
    which, values = f"run_id IN ({sql.marks(ids)})", list[str | int](ids)
    if len(ids) > MANY:
        which = f"run_id IN (SELECT id FROM {sql.table(Run)} WHERE project_id = %s)"  # noqa: S608
        values = [project_id]
    # By hand: 200 runs of 1,000 series are 200,000 rows, and Django would look at each of their values.
    query = f"SELECT run_id, {key}, {low}, {high}, last, nan_count + inf_count FROM {sql.table(Series)} "  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(f"{query} WHERE count > 0 AND {which}", values)
        while rows := cursor.fetchmany(ROWS):
            yield rows


def sweep_names(project_id: int) -> dict[str, str]:
    """{sweep: name}."""
    return dict(Sweep.objects.filter(project=project_id).order_by().values_list("pk", "name"))
