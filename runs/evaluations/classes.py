"""Precision, recall and F1 of each class, from three counts."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ClassRow:
    """One class: its rows, how often it was predicted and how often rightly. A share of nothing is None.

    ``number`` is its place in the confusion matrix, None for a kind of entity.
    """

    number: int | None
    name: str
    rows: int
    predicted: int
    right: int

    @property
    def precision(self) -> float | None:
        return self.right / self.predicted if self.predicted else None

    @property
    def recall(self) -> float | None:
        return self.right / self.rows if self.rows else None

    @property
    def f1(self) -> float | None:
        both = self.rows + self.predicted
        return 2 * self.right / both if both else None

    def values(self) -> dict[str, float | None]:
        return {"precision": self.precision, "recall": self.recall, "f1": self.f1, "rows": self.rows}


def rows_of(view: dict[str, Any]) -> list[ClassRow]:
    """The classes of a view, weakest first, those without a row last; of tagged entities their kinds."""
    if entities := view.get("entities"):
        rows = [ClassRow(None, kind, *counts) for kind, counts in entities.items()]
    else:
        labels = view.get("labels", {})
        rows = [ClassRow(int(c), labels[c], *counts) for c, counts in view.get("per_class", {}).items()]
    return sorted(rows, key=lambda row: (row.rows == 0, row.f1 if row.f1 is not None else 2.0))
