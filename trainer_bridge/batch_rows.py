"""Which rows of the training set each optimizer step learned from.

A loader runs ahead of the training, so what its sampler gave out is kept until the step that used it is over. Every
rank draws all batches and uses its own share, so one rank knows the rows of all.
"""

from collections.abc import Iterator
from typing import Any


class BatchRows:
    """Listens to the sampler of a Trainer's loader. Streams have none: see stream_rows.py."""

    times_read = None

    def __init__(self, loader: Any, args: Any, step: int) -> None:
        self._given: dict[int, list[int]] = {}
        self._ranks = 1 if getattr(loader.batch_sampler, "split_batches", False) else args.world_size
        _record(_innermost(loader), self._given)
        # Batches of this epoch that an attempt which goes on has behind it; the loader draws and skips them.
        self._done = 0 if args.ignore_data_skip else batches_behind(loader, args, step)
        self._first = True
        self._batches = 1

    def begin_epoch(self) -> None:
        if not self._first:
            self._done = 0
        self._first = False

    def substep(self) -> None:
        """One of several batches of a step is done."""
        self._batches += 1

    def take_step(self) -> list[int]:
        """The rows of the step that is over; they are forgotten."""
        begin, self._done, self._batches = self._done, self._done + self._batches, 1
        for number in [number for number in self._given if number < begin * self._ranks]:
            del self._given[number]
        numbers = range(begin * self._ranks, self._done * self._ranks)
        return [row for number in numbers for row in self._given.pop(number, [])]

    def said(self, rows: list[int]) -> str:
        """The rows in a sentence."""
        return f"{len(rows)} rows"


def batches_behind(loader: Any, args: Any, step: int) -> int:
    """The Trainer's own reckoning of where in an epoch it goes on."""
    steps = max(1, -(-len(loader) // args.gradient_accumulation_steps)) if hasattr(loader, "__len__") else 1
    return step % steps * args.gradient_accumulation_steps


def _innermost(loader: Any) -> Any:
    """What draws the batches, below the layers that share them out among ranks."""
    sampler = loader.batch_sampler
    while hasattr(sampler, "batch_sampler"):
        sampler = sampler.batch_sampler
    return sampler


def _record(sampler: Any, given: dict[int, list[int]]) -> None:
    """Let ``sampler`` note in ``given`` what it draws, by number within the epoch.

    It stays the object and the kind that accelerate and the Trainer look for; only its iterator is another.
    """
    kind = type(sampler)

    class Recorded(kind):  # type: ignore[misc, valid-type]
        def __iter__(self) -> Iterator[list[int]]:
            given.clear()
            for number, rows in enumerate(super().__iter__()):
                given[number] = list(rows)
                yield rows

    sampler.__class__ = Recorded
