"""Which samples are rehearsed: the longest ones, for memory, and usual ones, for time."""

import itertools
import math
import random
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

#: Samples whose length is looked at; more are looked at in equal steps.
LOOKED_AT = 20_000
#: Seconds for looking at them one by one.
BEARABLE = 5.0
#: The column whose length counts.
LENGTH = "input_ids"


def count(dataset: Any) -> int | None:
    """How many samples there are; None where nobody knows (a stream)."""
    return len(dataset) if hasattr(dataset, "__len__") else None


def first_of_stream(dataset: Any, number: int) -> list[Any]:
    """The first samples of a stream, as a list that has a length."""
    return list(itertools.islice(iter(dataset), number))


def spread(total: int, number: int) -> list[int]:
    """At most ``number`` places in equal steps over ``total``."""
    return list(range(0, total, math.ceil(total / number))) if number > 0 and total else []


def longest(dataset: Any, number: int) -> tuple[list[int], int | None]:
    """Places of the ``number`` longest samples, the longest first, and the length of that one in tokens.

    Where samples have no ``input_ids`` any are as good: the first ones, and None.
    """
    places = spread(len(dataset), LOOKED_AT)
    # In no order, for time may run out: what was looked at until then comes from everywhere.
    random.Random(0).shuffle(places)  # noqa: S311
    lengths = _lengths(dataset, places)
    if not lengths:
        return list(range(min(number, len(dataset)))), None
    ranked = sorted(zip(lengths, places, strict=False), key=lambda pair: (-pair[0], pair[1]))
    return [place for _, place in ranked[:number]], ranked[0][0]


def take(dataset: Any, places: Sequence[int]) -> Any:
    """These samples, in this order, in a dataset of the same kind."""
    if hasattr(dataset, "select"):
        return dataset.select(places)
    from torch.utils.data import Subset

    return Subset(dataset, list(places))


def repeated(places: Sequence[int], number: int) -> list[int]:
    """``number`` places, beginning anew where there are too few."""
    return list(itertools.islice(itertools.cycle(places), number))


def names_of(dataset: Any) -> list[str]:
    """The columns of a dataset, as its first sample has them."""
    if hasattr(dataset, "column_names") and dataset.column_names:
        return list(dataset.column_names)
    first = dataset[0] if count(dataset) else None
    return list(first) if isinstance(first, dict) else []


def _lengths(dataset: Any, places: Sequence[int]) -> list[int] | None:
    if not places:
        return None
    if hasattr(dataset, "select") and hasattr(dataset, "column_names"):
        if LENGTH not in dataset.column_names:
            return None
        return _sizes(dataset.select(places).select_columns([LENGTH])[LENGTH])
    if not isinstance(dataset[places[0]], dict) or LENGTH not in dataset[places[0]]:
        return None
    return _sizes(dataset[place][LENGTH] for place in _while_there_is_time(places))


def _while_there_is_time(places: Sequence[int]) -> Iterator[int]:
    """Samples that are made when they are asked for may take long."""
    until = time.monotonic() + BEARABLE
    return itertools.takewhile(lambda _: time.monotonic() < until, iter(places))


def _sizes(values: Iterable[Any]) -> list[int]:
    """Lengths in tokens; of nested samples (multiple choice) the longest part times their number."""
    return [_size(value) for value in values]


def _size(value: Any) -> int:
    first = value[0] if len(value) else None
    if hasattr(first, "__len__") and not isinstance(first, str | bytes):
        return len(value) * max(map(len, value))
    return len(value)
