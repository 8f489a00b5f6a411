"""Which runs a table is about: those that a filter lets through, without archived and deleted ones."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from runs.query import parse, text_of
from runs.query.evaluate import evaluate
from runs.query.tree import And, Node, comparisons
from runs.table.column import Mask
from runs.table.columns import RunColumns


@dataclass(frozen=True)
class Removed:
    """A part of a filter, how many runs it keeps out, and the filter without it with the runs that then match."""

    text: str
    count: int
    rest: str
    matching: int


@dataclass(frozen=True)
class Choice:
    """``mask``: the runs that match. ``total`` without the filter; ``archived`` match but are archived."""

    mask: Mask
    total: int
    archived: int
    deleted: int
    removed: list[Removed] = field(default_factory=list)

    @property
    def matching(self) -> int:
        return int(self.mask.sum())

    @property
    def places(self) -> np.ndarray:
        return np.flatnonzero(self.mask)


def choose(columns: RunColumns, q: str, explain: bool = False) -> Choice:
    """The runs that ``q`` lets through. Raises QueryError. ``explain``: also which part keeps out how many."""
    tree = parse(q)
    kept, archived = _present(columns)
    base = kept if asks_for_archived(tree) else kept & ~archived
    passed = evaluate(tree, columns)
    return Choice(
        mask=base & passed,
        total=int(base.sum()),
        archived=int((kept & passed & ~base).sum()),
        deleted=int((~kept).sum()),
        removed=_removed(columns, tree, base) if explain else [],
    )


def nothing(columns: RunColumns) -> Choice:
    """No run: what a filter that cannot be understood lets through."""
    kept, archived = _present(columns)
    return Choice(np.zeros(columns.size, dtype=bool), int((kept & ~archived).sum()), 0, int((~kept).sum()))


def _present(columns: RunColumns) -> tuple[Mask, Mask]:
    """Which runs are not deleted, and which are archived."""
    numbers: dict[str, Any] = columns.index.numbers
    return np.isnan(numbers["deleted_at"]), ~np.isnan(numbers["archived_at"])


def asks_for_archived(tree: Node | None) -> bool:
    """Whether the filter itself says something about archived runs."""
    return any(compare.key == "archived" for compare in comparisons(tree))


def with_archived(q: str) -> str:
    """The filter that lets archived runs through as well."""
    return f"({q}) archived:true,false" if q.strip() else "archived:true,false"


def _removed(columns: RunColumns, tree: Node | None, base: Mask) -> list[Removed]:
    if tree is None:
        return []
    parts = tree.parts if isinstance(tree, And) else (tree,)
    passed = [evaluate(part, columns) for part in parts]
    found = []
    for at, part in enumerate(parts):
        others = [*parts[:at], *parts[at + 1 :]]
        rest = base.copy()
        for other in [*passed[:at], *passed[at + 1 :]]:
            rest &= other
        text = text_of(others[0] if len(others) == 1 else And(tuple(others)) if others else None)
        found.append(Removed(text_of(part), int((base & ~passed[at]).sum()), text, int(rest.sum())))
    return found
