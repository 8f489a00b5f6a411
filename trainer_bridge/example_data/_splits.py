"""How the examples are split: the same rows in the same split on every machine and for every seed of a run."""

import zlib
from collections.abc import Hashable, Iterable, Sequence
from typing import Any, TypeVar

Row = TypeVar("Row")

#: Of every 20 groups, two are for validation and two for the test.
_TURNS = 20


def split_of(group: str) -> str:
    """The split that a group of rows (a file, a topic) belongs to: by its name alone, whatever else there is."""
    turn = zlib.crc32(group.encode()) % _TURNS
    return "validation" if turn < 2 else "test" if turn < 4 else "train"


def grouped(rows: Iterable[tuple[str, Row]]) -> dict[str, list[Row]]:
    """Split → its rows, of pairs (group, row): no group is in two splits, and a row of several only in the first's."""
    found: dict[str, list[Row]] = {"train": [], "validation": [], "test": []}
    seen = set()
    for group, row in rows:
        if (content := repr(row)) not in seen:
            seen.add(content)
            found[split_of(group)].append(row)
    return found


def stratified(rows: Sequence[Row], labels: Sequence[Hashable]) -> dict[str, list[Row]]:
    """Split → its rows, 70 : 15 : 15, each label in equal shares."""
    from sklearn.model_selection import train_test_split

    train, rest, _, others = train_test_split(rows, labels, test_size=0.3, stratify=labels, random_state=0)
    validation, test = train_test_split(rest, test_size=0.5, stratify=others, random_state=0)
    return {"train": train, "validation": validation, "test": test}


def datasets_of(splits: dict[str, list[dict[str, Any]]], features: Any = None) -> dict[str, Any]:
    """The rows of each split as a ``datasets.Dataset``."""
    from datasets import Dataset

    return {name: Dataset.from_list(rows, features=features) for name, rows in splits.items()}


def thinned(rows: Sequence[Row], most: int, seed: int = 0) -> list[Row]:
    """At most so many of the rows, drawn at random, always the same ones."""
    import numpy

    order = numpy.random.default_rng(seed).permutation(len(rows))[:most]
    return [rows[place] for place in order]
