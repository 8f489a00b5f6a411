"""Making Chunk rows: sealing series out of groups, and merging small chunks into large ones."""

import logging
from collections.abc import Iterable, Iterator

import numpy as np
from django.db.models import Max

from runs.models import Chunk
from runs.series import batch, codec
from runs.series.batch import Group
from runs.series.downsample import BIN, outline
from runs.series.points import COLUMNS, Points, concat, size, take

log = logging.getLogger(__name__)

#: The most points of a chunk: large enough that a million points are few rows, small enough that a zoom reads
#: little.
MAX_CHUNK = 16_384
_AXES = ("step", "time", "epoch", "tokens")


def seal(groups: list[Group], attempt: int, through: int, least: int) -> list[Group]:
    """Write chunks for the series with at least ``least`` points; the groups of all others."""
    layouts = _layouts(groups)
    sealed = {key for places, keys in layouts.items() if _rows(groups, places) >= least for key in keys}
    if not sealed:
        return groups
    numbers = _next_numbers(sealed)
    rows: list[Chunk] = []
    for places, keys in layouts.items():
        if keys[0] in sealed:
            for key, piece in _pieces([groups[i] for i in places], keys):
                rows.append(_chunk(key, numbers[key], attempt, through, piece))
                numbers[key] += 1
    Chunk.objects.bulk_create(rows)
    return [rest for group in groups if (rest := _without(group, sealed)).keys]


def _layouts(groups: list[Group]) -> dict[tuple[int, ...], list[int]]:
    """Which series occur in the same groups, so that their shared columns are the same."""
    places: dict[int, list[int]] = {}
    for i, group in enumerate(groups):
        for key in group.keys:
            places.setdefault(key, []).append(i)
    layouts: dict[tuple[int, ...], list[int]] = {}
    for key, where in places.items():
        layouts.setdefault(tuple(where), []).append(key)
    return layouts


def _rows(groups: list[Group], places: Iterable[int]) -> int:
    return sum(groups[i].rows for i in places)


def _pieces(groups: list[Group], keys: list[int]) -> Iterator[tuple[int, Points]]:
    """Each series' points in order of arrival, cut into pieces of at most MAX_CHUNK."""
    for key in keys:
        parts = [{**group.shared, "value": group.values[group.keys.index(key)]} for group in groups]
        points = batch.arrival_order(parts)
        n = size(points)
        count = -(-n // MAX_CHUNK)
        for i in range(count):
            yield key, take(points, slice(n * i // count, n * (i + 1) // count))


def _without(group: Group, sealed: set[int]) -> Group:
    kept = [i for i, key in enumerate(group.keys) if key not in sealed]
    return Group(tuple(group.keys[i] for i in kept), group.shared, group.values[kept])


def _next_numbers(series_ids: Iterable[int]) -> dict[int, int]:
    numbers = dict.fromkeys(series_ids, 1)
    rows = Chunk.objects.filter(series_id__in=list(numbers)).order_by().values_list("series_id")
    for series_id, last in rows.annotate(last=Max("number")):
        numbers[series_id] = last + 1
    return numbers


def _chunk(series_id: int, number: int, attempt: int, through: int, points: Points) -> Chunk:
    n = size(points)
    far = b""
    if n >= 2 * BIN:
        far = codec.encode(take(points, outline(points["value"], points["step"], points["time"])))
    return Chunk(
        series_id=series_id,
        number=number,
        attempt=attempt,
        count=n,
        sealed_through=through,
        outline=far,
        data=codec.encode(points),
        **_ranges(points),
    )


def _ranges(points: Points) -> dict[str, float | int | None]:
    """min_step, max_step, min_time …; None where no point has that coordinate."""
    ranges: dict[str, float | int | None] = {}
    for name in _AXES:
        column = points[name]
        known = column if name == "step" else column[np.isfinite(column)]
        ranges[f"min_{name}"] = known.min().item() if len(known) else None
        ranges[f"max_{name}"] = known.max().item() if len(known) else None
    return ranges


def merge_small(run_id: str) -> None:
    """Merge neighbouring small chunks of each series and attempt."""
    rows = Chunk.objects.filter(series__run_id=run_id).order_by("series_id", "attempt", "number")
    infos = list(rows.values_list("id", "series_id", "attempt", "count"))
    for ids in _neighbours(infos):
        _merge(list(Chunk.objects.filter(id__in=ids).order_by("number")))


def _merge(old: list[Chunk]) -> None:
    try:
        points = concat([codec.decode(chunk.data) for chunk in old], COLUMNS)
    except codec.DamagedError as error:
        # As it is, only the damaged chunk is lost.
        log.error("chunks %s are not merged: %s", [chunk.pk for chunk in old], error)
        return
    through = max(chunk.sealed_through for chunk in old)
    Chunk.objects.filter(id__in=[chunk.pk for chunk in old]).delete()
    merged = _chunk(old[0].series_id, old[0].number, old[0].attempt, through, points)
    merged.save(force_insert=True)


def _neighbours(infos: list[tuple[int, int, int, int]]) -> Iterator[list[int]]:
    """Runs of two or more chunks in a row that fit into one; ``infos``: (id, series, attempt, count)."""
    ids: list[int] = []
    place, total = None, 0
    for chunk_id, series_id, attempt, count in [*infos, (0, 0, 0, 0)]:
        if (series_id, attempt) != place or total + count > MAX_CHUNK:
            if len(ids) > 1:
                yield ids
            ids, place, total = [], (series_id, attempt), 0
        ids.append(chunk_id)
        total += count
