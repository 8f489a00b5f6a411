"""Metrics as columns: many measurements of the same keys travel, and are stored, as arrays.

A training that logs fast has hundreds of steps waiting when the bridge looks. Written one by one each would
repeat its keys, and cost both ends a dictionary; as one ``MetricsBlock`` they cost little more than their
numbers.
"""

from array import array
from collections.abc import Iterable, Iterator
from itertools import chain, groupby

from trainer_bridge.protocol import Event, Metrics, MetricsBlock, from_column, to_column

#: Fewer measurements than these stay as they are.
LEAST_ROWS = 8
#: The most numbers of one block: half a megabyte.
MOST_NUMBERS = 65_536


def parts(events: Iterable[Event]) -> Iterator[list[Event]]:
    """The events in their order, cut so that what can go as one block is one list of two or more."""
    for layout, group in groupby(events, _layout):
        same = list(group)
        most = max(1, MOST_NUMBERS // (len(layout[0]) + 4)) if layout else len(same)
        for start in range(0, len(same), most):
            yield same[start : start + most]


def pack(metrics: list[Metrics]) -> MetricsBlock:
    """Measurements of one layout as a block. Raises TypeError, ValueError, OverflowError: not numbers."""
    first = metrics[0]
    return MetricsBlock(
        keys=list(first.values),
        steps=to_column(array("q", [one.step for one in metrics])),
        times=to_column(array("d", [one.time for one in metrics])),
        values=to_column(array("d", chain.from_iterable([one.values.values() for one in metrics]))),
        epochs=b"" if first.epoch is None else to_column(array("d", [one.epoch for one in metrics])),
        tokens=b"" if first.tokens is None else to_column(array("q", [one.tokens for one in metrics])),
    )


def unpack(block: MetricsBlock) -> list[Metrics]:
    """The measurements of a block, one by one."""
    steps, times, values = from_column("q", block.steps), from_column("d", block.times), _rows(block)
    epochs = from_column("d", block.epochs) if block.epochs else [None] * len(steps)
    tokens = from_column("q", block.tokens) if block.tokens else [None] * len(steps)
    return [Metrics(*row) for row in zip(steps, times, values, epochs, tokens, strict=True)]


def _rows(block: MetricsBlock) -> Iterator[dict[str, float]]:
    flat, width = from_column("d", block.values), len(block.keys)
    for start in range(0, len(flat), width):
        yield dict(zip(block.keys, flat[start : start + width], strict=True))


def _layout(event: Event) -> tuple[tuple[str, ...], bool, bool] | None:
    """What measurements must share to stand in one block; None for every other event."""
    if type(event) is not Metrics:
        return None
    return tuple(event.values), event.epoch is None, event.tokens is None
