"""The few rows of an evaluation that are shown: fixed ones, the worst, the best, and those that changed."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy

from trainer_bridge.evaluations.tally import Batch, Tally

#: How many rows each list holds. ``lost`` were right at the evaluation before, ``gained`` were wrong.
SIZES = {"worst": 24, "best": 12, "unsure": 12, "lost": 12, "gained": 12}
PROBES = 24
#: Rows of one cell (true class, predicted class), and cells that have rows.
OF_A_CELL, CELLS = 3, 60
#: Rows held before those that left their lists again are let go, and the loss of a row that has no number.
MOST, HOPELESS = 1500, 1e30


@dataclass(frozen=True)
class Measured:
    """What is known of each row of a batch, in its order.

    ``loss``: the higher the worse. ``told(i)`` is what is said of row i; called only for rows that are kept. ``right``
    and ``said`` (a whole number for what was predicted) tell what changed; ``cells`` are (true, predicted) classes.
    """

    loss: Any
    told: Callable[[int], dict[str, Any]]
    right: Any = None
    said: Any = None
    sure: Any = None
    cells: Any = None


@dataclass
class Former:
    """What an evaluation said of each row, for the next one: answers and whether they were right, by row."""

    said: Any = field(default_factory=lambda: numpy.zeros(0, dtype=numpy.int64))
    right: Any = field(default_factory=lambda: numpy.zeros(0, dtype=numpy.int8))

    def of(self, rows: Any) -> tuple[Any, Any]:
        """Answers of these rows and 1 where right, 0 where wrong, −1 where not known."""
        known = rows < len(self.right)
        safe = numpy.where(known, rows, 0)
        if not len(self.right):
            return numpy.zeros_like(rows), numpy.full_like(rows, -1)
        return self.said[safe], numpy.where(known, self.right[safe], -1)

    def keep(self, rows: Any, said: Any, right: Any) -> None:
        """Remember the answers of these rows."""
        if (missing := int(rows.max()) + 1 - len(self.right)) > 0:
            room = max(missing, len(self.right))
            self.said = numpy.concatenate([self.said, numpy.zeros(room, dtype=numpy.int64)])
            self.right = numpy.concatenate([self.right, numpy.full(room, -1, dtype=numpy.int8)])
        self.said[rows], self.right[rows] = said, right


class Heap(Tally):
    """The ``size`` rows that come first by an order, the highest first."""

    def __init__(self, size: int) -> None:
        self._size = size
        self.items: list[tuple[float, int]] = []

    def takes(self, order: float) -> bool:
        return len(self.items) < self._size or order > self.items[0][0]

    def push(self, order: float, row: int) -> None:
        if len(self.items) < self._size:
            heapq.heappush(self.items, (order, row))
        elif order > self.items[0][0]:
            heapq.heapreplace(self.items, (order, row))

    def merge(self, other: Tally) -> None:
        for order, row in getattr(other, "items", []):
            self.push(order, row)

    def rows(self) -> list[int]:
        """Row numbers, the first one first."""
        return [row for _, row in sorted(self.items, reverse=True)]


class Examples(Tally):
    """Rows that are kept while batches go by; ``look(inputs, i)`` gives what is kept of a row itself.

    ``probes`` are the fixed rows, ``former`` what the evaluation before said (None where rows come in no fixed order).
    """

    def __init__(
        self, look: Callable[[Any, int], dict[str, Any]], probes: frozenset[int], former: Former | None
    ) -> None:
        self._look, self._probes, self._former = look, probes, former
        self._now = Former()
        self._heaps = {name: Heap(size) for name, size in SIZES.items()}
        self._cells: dict[tuple[int, int], Heap] = {}
        self._told: dict[int, dict[str, Any]] = {}
        self.changed = numpy.zeros(2, dtype=numpy.int64)

    def offer(self, batch: Batch, measured: Measured) -> None:
        """Look at a batch and keep what belongs to a list."""
        # A loss that is no number would have no place in an order.
        measured = replace(measured, loss=numpy.nan_to_num(measured.loss, nan=HOPELESS, posinf=HOPELESS))
        present = numpy.flatnonzero(batch.rows >= 0)
        wanted = [int(i) for i in present if int(batch.rows[i]) in self._probes]
        wanted += self._ordered("worst", batch, present, measured.loss)
        wanted += self._ordered("best", batch, present, -measured.loss)
        if measured.sure is not None:
            wanted += self._ordered("unsure", batch, present, -measured.sure)
        before = self._changes(batch, present, measured, wanted)
        if measured.cells is not None:
            wanted += self._of_cells(batch, present, measured)
        for i in dict.fromkeys(wanted):
            told = {"loss": float(measured.loss[i]), **measured.told(i), **before(i)}
            self._told[int(batch.rows[i])] = told | self._look(batch.inputs, i)
        if len(self._told) > MOST:
            self._told = {row: self._told[row] for row in self._held() if row in self._told}

    @property
    def former(self) -> Former:
        """What the next evaluation of the same split compares with."""
        return self._now

    def merge(self, other: Tally) -> None:
        if not isinstance(other, Examples):
            raise TypeError(f"{type(other).__name__} holds no examples")
        for name, heap in self._heaps.items():
            heap.merge(other._heaps[name])
        for cell, heap in other._cells.items():
            self._cells.setdefault(cell, Heap(OF_A_CELL)).merge(heap)
        self._told |= other._told
        self.changed += other.changed

    def kept(self) -> list[dict[str, Any]]:
        """Each kept row once: {"row", "lists", …}, those first that matter most."""
        return [{"row": row, "lists": names, **self._told[row]} for row, names in self._lists().items()]

    def _held(self) -> set[int]:
        """Rows that are in any list, those of cells included that may still be among the fullest."""
        heaps = [*self._heaps.values(), *self._cells.values()]
        return {*self._probes, *(row for heap in heaps for _, row in heap.items)}

    def _lists(self) -> dict[int, list[str]]:
        """The lists that each row is in, by row."""
        lists: dict[int, list[str]] = {row: ["probe"] for row in sorted(self._probes & self._told.keys())}
        for name in ("worst", "lost", "gained", "unsure", "best"):
            for row in self._heaps[name].rows():
                lists.setdefault(row, []).append(name)
        for cell in self._fullest_cells():
            for row in self._cells[cell].rows():
                lists.setdefault(row, []).append("cell")
        return lists

    def __getstate__(self) -> dict[str, Any]:
        """For another process: without what only makes sense in this one."""
        return vars(self) | {"_look": None, "_former": None, "_now": None}

    def _ordered(self, name: str, batch: Batch, present: Any, order: Any) -> list[int]:
        """Places in the batch that a list takes; the rest of a large batch is not even looked at."""
        heap, size = self._heaps[name], SIZES[name]
        first = present[numpy.argsort(-order[present], kind="stable")[:size]]
        taken = [int(i) for i in first if heap.takes(float(order[i]))]
        for i in taken:
            heap.push(float(order[i]), int(batch.rows[i]))
        return taken

    def _changes(
        self, batch: Batch, present: Any, measured: Measured, wanted: list[int]
    ) -> Callable[[int], dict[str, Any]]:
        """Count and keep rows that were right and are wrong now, or the other way; gives what was said before."""
        if self._former is None or measured.said is None or not len(present):
            return lambda i: {}
        rows = batch.rows[present]
        said, right = self._former.of(rows)
        self._now.keep(rows, measured.said[present], measured.right[present])
        now = measured.right[present].astype(numpy.int8)
        for place, (name, sign) in enumerate((("lost", 1), ("gained", -1))):
            found = present[(right >= 0) & (right - now == sign)]
            self.changed[place] += len(found)
            wanted += self._ordered(name, batch, found, measured.loss)
        known = {int(i): int(s) for i, s, r in zip(present, said, right, strict=True) if r >= 0}
        return lambda i: {"before": known[i]} if i in known else {}

    def _of_cells(self, batch: Batch, present: Any, measured: Measured) -> list[int]:
        """The worst row of each cell in this batch, where it is among the worst of the cell."""
        order = present[numpy.argsort(-measured.loss[present], kind="stable")]
        _, first = numpy.unique(measured.cells[order], axis=0, return_index=True)
        taken = []
        for i in order[first]:
            cell, loss = tuple(int(c) for c in measured.cells[i]), float(measured.loss[i])
            heap = self._cells.setdefault((cell[0], cell[1]), Heap(OF_A_CELL))
            if heap.takes(loss):
                heap.push(loss, int(batch.rows[i]))
                taken.append(int(i))
        if len(self._cells) > 4 * CELLS:
            self._cells = {cell: self._cells[cell] for cell in self._fullest_cells()}
        return taken

    def _fullest_cells(self) -> list[tuple[int, int]]:
        """The cells that are shown: mistaken ones first, then the worst loss."""
        ordered = sorted(self._cells, key=lambda c: (c[0] == c[1], -max(self._cells[c].items)[0]))
        return ordered[:CELLS]
