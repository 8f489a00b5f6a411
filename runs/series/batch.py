"""Many series together: what one commit brings, and how it lies in a PendingPoints row.

Rows that carry the same keys form a group: shared columns (step, time, epoch, tokens, and ``pos``, the row's
place in the order of arrival) and one column of values a key. That is how Trainers log, so a point costs
little more than its value.
"""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import cast

import numpy as np

from runs.series import codec
from runs.series.points import COLUMNS, Points, concat, take
from trainer_bridge.protocol import Metrics, MetricsBlock

SHARED = ("step", "time", "epoch", "tokens", "pos")
_LENGTH = struct.Struct("<II")
NAN = float("nan")
Measured = Metrics | MetricsBlock


@dataclass(slots=True)
class Group:
    """Rows with the same keys: ``keys`` k names (or ids), ``shared`` five columns of n, ``values`` (k, n)."""

    keys: tuple
    shared: Points
    values: np.ndarray

    @property
    def rows(self) -> int:
        return len(self.shared["step"])


class _Rows:
    __slots__ = ("epoch", "flat", "pos", "step", "time", "tokens")

    def __init__(self) -> None:
        self.step: list[int] = []
        self.time: list[float] = []
        self.epoch: list[float] = []
        self.tokens: list[float] = []
        self.pos: list[int] = []
        self.flat: list[float] = []

    def group(self, keys: tuple[str, ...]) -> Group:
        shared = {
            "step": np.array(self.step, "<i8"),
            "time": np.array(self.time, "<f8"),
            "epoch": np.array(self.epoch, "<f8"),
            "tokens": np.array(self.tokens, "<f8"),
            "pos": np.array(self.pos, "<i8"),
        }
        values = np.array(self.flat, "<f8").reshape(len(self.step), len(keys))
        return Group(keys, shared, np.ascontiguousarray(values.T))


def group_metrics(metrics: Iterable[Measured]) -> list[Group]:
    """Events in their order of arrival as groups; events without values vanish."""
    parts: list[list[Group]] = []
    for kind, events in groupby(metrics, type):
        if kind is MetricsBlock:
            parts += [[_group_of_block(cast(MetricsBlock, block))] for block in events]
        else:
            parts.append(_groups_of_single(cast(Iterable[Metrics], events)))
    return merge(parts)


def _groups_of_single(metrics: Iterable[Metrics]) -> list[Group]:
    groups: dict[tuple[str, ...], _Rows] = {}
    for pos, event in enumerate(metrics):
        keys = tuple(event.values)
        rows = groups.get(keys)
        if rows is None:
            rows = groups[keys] = _Rows()
        rows.step.append(event.step)
        rows.time.append(event.time)
        rows.epoch.append(NAN if event.epoch is None else event.epoch)
        rows.tokens.append(NAN if event.tokens is None else event.tokens)
        rows.pos.append(pos)
        rows.flat.extend(event.values.values())
    return [rows.group(keys) for keys, rows in groups.items() if keys]


def _group_of_block(block: MetricsBlock) -> Group:
    steps = np.frombuffer(block.steps, "<i8")
    unknown = np.full(len(steps), NAN)
    shared = {
        "step": steps,
        "time": np.frombuffer(block.times, "<f8"),
        "epoch": np.frombuffer(block.epochs, "<f8") if block.epochs else unknown,
        "tokens": np.frombuffer(block.tokens, "<i8").astype("<f8") if block.tokens else unknown,
        "pos": np.arange(len(steps), dtype="<i8"),
    }
    values = np.frombuffer(block.values, "<f8").reshape(len(steps), len(block.keys)).T
    return Group(tuple(block.keys), shared, values)


def count_points(groups: Iterable[Group]) -> int:
    """How many points, keys counted each."""
    return sum(group.values.size for group in groups)


def encode(groups: Iterable[Group], *, compress: bool = False) -> bytes:
    """Groups whose keys are series ids, as the bytes of a PendingPoints row."""
    parts = []
    for group in groups:
        ids = np.array(group.keys, "<i8").tobytes()
        shared = [group.shared[name] for name in SHARED]
        ratio = SHARED.index("epoch")
        if compress:
            block = codec.pack([*shared, *group.values], ratio=ratio)
        else:
            block = codec.pack_fast(shared, group.values, ratio=ratio)
        parts += [_LENGTH.pack(len(ids), len(block)), ids, block]
    return b"".join(parts)


def _blocks(data: codec.Buffer) -> Iterator[tuple[tuple[int, ...], codec.Block]]:
    view, at = memoryview(data), 0
    while at < len(view):
        if at + _LENGTH.size > len(view):
            raise codec.DamagedError("pending points end in the middle")
        ids_length, length = _LENGTH.unpack_from(view, at)
        at += _LENGTH.size
        ids = tuple(np.frombuffer(view[at : at + ids_length], "<i8").tolist())
        at += ids_length
        block = codec.Block(view[at : at + length])
        if block.columns != len(SHARED) + len(ids):
            raise codec.DamagedError(f"{block.columns} pending columns are stored for {len(ids)} series")
        yield ids, block
        at += length


def decode(data: codec.Buffer) -> list[Group]:
    """The groups of a PendingPoints row, keyed by series id. Raises DamagedError."""
    groups = []
    for ids, block in _blocks(data):
        shared = _shared(block, SHARED)
        values = [block.floats(len(SHARED) + i) for i in range(len(ids))]
        groups.append(Group(ids, shared, np.array(values).reshape(len(ids), block.rows)))
    return groups


def extract(data: codec.Buffer, wanted: set[int], names: Iterable[str] = COLUMNS) -> dict[int, Points]:
    """The named columns of the wanted series, each in its order of arrival. Raises DamagedError."""
    names = list(names)
    shared_names = [name for name in names if name != "value"] + ["pos"]
    found: dict[int, list[Points]] = {}
    for ids, block in _blocks(data):
        hits = [(i, series) for i, series in enumerate(ids) if series in wanted]
        if not hits:
            continue
        shared = _shared(block, shared_names)
        for i, series in hits:
            found.setdefault(series, []).append({**shared, "value": block.floats(len(SHARED) + i)})
    return {series: arrival_order(parts, names) for series, parts in found.items()}


def _shared(block: codec.Block, names: Iterable[str]) -> Points:
    return {
        name: block.column(i) if name in ("step", "pos") else block.floats(i)
        for i, name in ((SHARED.index(name), name) for name in names)
    }


def merge(parts: Iterable[list[Group]]) -> list[Group]:
    """The groups of several rows, in order of arrival, with one group for each set of keys."""
    found: dict[tuple, list[Group]] = {}
    start = 0
    for groups in parts:
        end = start
        for group in groups:
            end = max(end, start + int(group.shared["pos"].max()) + 1)
            shared = {**group.shared, "pos": group.shared["pos"] + start}
            found.setdefault(group.keys, []).append(Group(group.keys, shared, group.values))
        start = end
    return [_joined(same) for same in found.values()]


def _joined(groups: list[Group]) -> Group:
    if len(groups) == 1:
        return groups[0]
    values = np.concatenate([group.values for group in groups], axis=1)
    return Group(groups[0].keys, concat([group.shared for group in groups], SHARED), values)


def arrival_order(parts: list[Points], names: Iterable[str] = COLUMNS) -> Points:
    """Parts of one series out of several groups, merged by ``pos``."""
    names = list(names)
    if len(parts) == 1:
        return {name: parts[0][name] for name in names}
    merged = concat(parts, [*names, "pos"])
    order = np.argsort(merged.pop("pos"), kind="stable")
    return take(merged, order)
