"""Counts of (true class, predicted class), for ten classes as for ten thousand."""

from collections import Counter
from typing import Any

import numpy

from trainer_bridge.evaluations.tally import Tally

#: Up to here every cell has its place; above, only those that occur.
DENSE = 200
#: The most cells that are sent; the fullest come first.
MOST_CELLS = 4000
#: The most classes that are sent by name and with counts of their own.
MOST_CLASSES = 2000
NAME = 60


class Cells(Tally):
    """The confusion matrix of ``names``, and per class how many rows it has, was predicted and was right."""

    def __init__(self, names: list[str]) -> None:
        self._names, self._count = names, len(names)
        self.dense = numpy.zeros((self._count if self._count <= DENSE else 0,) * 2, dtype=numpy.int64)
        self.sparse: Counter[int] = Counter()

    def add(self, true: Any, said: Any) -> None:
        """Class numbers, both (rows,), from 0 on."""
        places = true.astype(numpy.int64) * self._count + said
        if self._count <= DENSE:
            self.dense += numpy.bincount(places, minlength=self._count**2).reshape(self.dense.shape)
            return
        found, counts = numpy.unique(places, return_counts=True)
        self.sparse.update(dict(zip(found.tolist(), counts.tolist(), strict=True)))

    def told(self) -> dict[str, Any]:
        """Names, counts per class and the fullest cells as [true, predicted, rows]."""
        cells = sorted(self._found(), key=lambda cell: -cell[2])
        per_class = self.per_class(cells)
        # Of more classes than can be named, those that have most rows or predictions.
        chosen = sorted(range(self._count), key=lambda c: -sum(per_class[c][:2]))[:MOST_CLASSES]
        return {
            "labels": {str(c): self._names[c][:NAME] for c in sorted(chosen)},
            "classes": self._count,
            "per_class": {str(c): per_class[c] for c in sorted(chosen)},
            "cells": cells[:MOST_CELLS],
            "cells_left_out": max(0, len(cells) - MOST_CELLS),
        }

    def per_class(self, cells: list[list[int]] | None = None) -> list[list[int]]:
        """For each class: its rows, how often it was predicted, how often rightly."""
        counts = [[0, 0, 0] for _ in range(self._count)]
        for true, said, rows in cells or self._found():
            counts[true][0] += rows
            counts[said][1] += rows
            counts[true][2] += rows if true == said else 0
        return counts

    def _found(self) -> list[list[int]]:
        if self._count <= DENSE:
            places = numpy.argwhere(self.dense)
            return [[int(t), int(s), int(self.dense[t, s])] for t, s in places]
        return [[*divmod(place, self._count), rows] for place, rows in self.sparse.items()]


def weakest(per_class: list[list[int]], count: int) -> list[int]:
    """The classes with the lowest F1 among those that have rows."""
    known = [c for c, (rows, _, _) in enumerate(per_class) if rows]
    return sorted(known, key=lambda c: 2 * per_class[c][2] / sum(per_class[c][:2]))[:count]
