"""The Series table: ids of keys, and summaries written in as few statements as there are tables."""

import math
from collections.abc import Iterable, Mapping
from operator import attrgetter

from django.db import connection

from runs import sql
from runs.models import Series
from runs.series.summary import Summary
from trainer_bridge.values import MAX_NAMES

#: The most different metric names of one run; points of further names are refused.
MAX_KEYS = MAX_NAMES
# Longer lists of names are not put into a query; the run's whole table is read instead.
_MANY_KEYS = 300
_FIELDS = (
    "count",
    "first_step",
    "last_step",
    "last",
    "min",
    "min_step",
    "max",
    "max_step",
    "nan_count",
    "inf_count",
    "last_attempt",
)
_fields_of = attrgetter(*_FIELDS)
Key = tuple[str, str]


def load(keys: Mapping[str, set[str]]) -> tuple[dict[Key, int], dict[Key, Summary], dict[Key, float | None]]:
    """Ids, summaries and first times of these runs' keys ({run: names}), as far as they exist; one query."""
    rows = _select(keys)
    ids: dict[Key, int] = {}
    summaries: dict[Key, Summary] = {}
    times: dict[Key, float | None] = {}
    for row in rows:
        key = (row[1], row[2])
        ids[key], times[key], summaries[key] = row[0], row[3], _summary(row[4:])
    return ids, summaries, times


def _select(keys: Mapping[str, set[str]]) -> list[tuple]:
    """id, run, key, first time and the summary's fields of each series."""
    runs, names = list(keys), list(set().union(*keys.values()))
    columns = sql.columns(["id", "run_id", "key", "first_time", *_FIELDS])
    query = f"SELECT {columns} FROM {sql.table(Series)} WHERE run_id IN ({sql.marks(runs)})"  # noqa: S608
    if len(names) > _MANY_KEYS:
        return sql.rows(query, runs)
    key = connection.ops.quote_name("key")
    return sql.rows(f"{query} AND {key} IN ({sql.marks(names)})", runs + names)


def _summary(row: tuple) -> Summary:
    count, first_step, last_step, last, *rest = row
    return Summary(count, first_step, last_step, float(last) if last else math.nan, *rest)


def _values(summary: Summary) -> list:
    values = list(_fields_of(summary))
    values[3] = repr(summary.last) if summary.count else ""
    return values


def create(new: Iterable[tuple[Key, Summary, float]]) -> dict[Key, int]:
    """Insert series with their summaries and first times; their ids."""
    rows = [
        Series(run_id=run, key=key, first_time=time, **dict(zip(_FIELDS, _values(summary), strict=True)))
        for (run, key), summary, time in new
    ]
    return {(row.run_id, row.key): row.pk for row in Series.objects.bulk_create(rows)}


def write_summaries(summaries: Mapping[int, Summary], first_times: Mapping[int, float] | None = None) -> None:
    """Replace the summaries of these series ids, and the first times given; one statement for all."""
    if not summaries:
        return
    quote = connection.ops.quote_name
    columns = ", ".join(f"{quote(name)} = %s" for name in _FIELDS)
    times = first_times or {}
    rows = [[*_values(summary), times.get(i), i] for i, summary in summaries.items()]
    with connection.cursor() as cursor:
        # executemany: bulk_update's CASE expressions cost ten times as much.
        cursor.executemany(
            f"UPDATE {quote(Series._meta.db_table)} SET {columns},"  # noqa: S608 (names of our own columns)
            f" {quote('first_time')} = COALESCE(%s, {quote('first_time')}) WHERE {quote('id')} = %s",
            rows,
        )


def summaries(run_ids: Iterable[str], keys: Iterable[str] | None = None) -> dict[str, dict[str, Summary]]:
    """{run: {key: Summary}} of the shown history; runs without points map to {}; one query."""
    found: dict[str, dict[str, Summary]] = {run_id: {} for run_id in run_ids}
    rows = Series.objects.filter(run_id__in=list(found), count__gt=0)
    if keys is not None:
        rows = rows.filter(key__in=list(keys))
    for run_id, key, *row in rows.order_by("key").values_list("run_id", "key", *_FIELDS):
        found[run_id][key] = _summary(tuple(row))
    return found


def keys(run_ids: Iterable[str]) -> list[str]:
    """All keys that these runs logged, sorted; one query."""
    rows = Series.objects.filter(run_id__in=list(run_ids)).order_by("key")
    return list(rows.values_list("key", flat=True).distinct())
