"""Points in: summaries and pending rows in the caller's transaction, as few statements as may be."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction

from runs.models import Series
from runs.series import batch, seal, table
from runs.series.batch import Group, Measured
from runs.series.history import History, histories, lock_runs
from runs.series.summary import Summary, of_groups


@dataclass(slots=True)
class Incoming:
    """One batch of one attempt; ``groups`` are keyed by metric name."""

    run_id: str
    attempt: int
    groups: list[Group]


def append(run_id: str, attempt: int, metrics: Sequence[Measured]) -> list[str]:
    """Store the points of one attempt in order of arrival, in the caller's transaction.

    Returns the metric names refused because the run already has ``table.MAX_KEYS`` of them; all others are
    stored.
    """
    return append_many([(run_id, attempt, metrics)]).get(run_id, [])


def append_many(batches: Iterable[tuple[str, int, Sequence[Measured]]]) -> dict[str, list[str]]:
    """``append`` for several batches in one go, with as many statements as for one.

    Returns {run: refused names}.
    """
    gathered: dict[seal.Place, list[Measured]] = {}
    for run_id, attempt, metrics in batches:
        gathered.setdefault((run_id, attempt), []).extend(metrics)
    incoming = [Incoming(*place, batch.group_metrics(metrics)) for place, metrics in gathered.items()]
    incoming = [one for one in incoming if one.groups]
    if not incoming:
        return {}
    with transaction.atomic(savepoint=False):
        run_ids = {one.run_id for one in incoming}
        lock_runs(run_ids)
        past = histories(run_ids)
        ids, refused = _write_series(incoming, past)
        seal.store({(one.run_id, one.attempt): found for one in incoming if (found := _with_ids(one, ids))})
    return refused


def _with_ids(one: Incoming, ids: dict[table.Key, int]) -> list[Group]:
    """The groups with series ids for keys, without the keys that were refused."""
    groups = []
    for group in one.groups:
        kept = [i for i, key in enumerate(group.keys) if (one.run_id, key) in ids]
        if kept:
            values = group.values if len(kept) == len(group.keys) else group.values[kept]
            groups.append(Group(tuple(ids[one.run_id, group.keys[i]] for i in kept), group.shared, values))
    return groups


def _write_series(
    incoming: list[Incoming], past: dict[str, History]
) -> tuple[dict[table.Key, int], dict[str, list[str]]]:
    """Bring the Series rows up to date; the ids of all keys that are stored, and the names refused."""
    added, times = _summaries_of(incoming, past)
    wanted: dict[str, set[str]] = {}
    for run_id, key in added:
        wanted.setdefault(run_id, set()).add(key)
    ids, known, first_times = table.load(wanted)
    new = [key for key in added if key not in ids]
    new, refused = _refuse_too_many(new) if new else (new, {})
    changed: dict[int, Summary] = {}
    for place in ids.keys() & added.keys():
        known[place].add(added[place])
        changed[ids[place]] = known[place]
    earlier = {ids[k]: times[k] for k in ids.keys() & times.keys() if _earlier(times[k], first_times[k])}
    table.write_summaries(changed, earlier)
    ids |= table.create((key, added[key], times[key]) for key in new)
    return ids, refused


def _earlier(time: float, known: float | None) -> bool:
    return known is None or time < known


def _summaries_of(
    incoming: list[Incoming], past: dict[str, History]
) -> tuple[dict[table.Key, Summary], dict[table.Key, float]]:
    """The summary of what arrived, and the earliest time, for each (run, key)."""
    added: dict[table.Key, Summary] = {}
    times: dict[table.Key, float] = {}
    for one in incoming:
        limit = past[one.run_id].limit(one.attempt)
        for key, summary in of_groups(one.groups, one.attempt, limit).items():
            added.setdefault((one.run_id, key), Summary()).add(summary)
        for group in one.groups:
            first = float(group.shared["time"].min())
            for key in group.keys:
                place = (one.run_id, key)
                times[place] = min(first, times.get(place, first))
    return added, times


def _refuse_too_many(new: list[table.Key]) -> tuple[list[table.Key], dict[str, list[str]]]:
    """Split new keys into those within each run's limit and the names beyond it."""
    room: dict[str, int] = {}
    kept: list[table.Key] = []
    refused: dict[str, list[str]] = {}
    for run_id, key in new:
        if run_id not in room:
            room[run_id] = table.MAX_KEYS - Series.objects.filter(run_id=run_id).count()
        if room[run_id] > 0:
            room[run_id] -= 1
            kept.append((run_id, key))
        else:
            refused.setdefault(run_id, []).append(key)
    return kept, refused
