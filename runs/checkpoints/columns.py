"""A project's checkpoints as columns for the filter language: their own fields and metrics, and those of their runs."""

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from runs.checkpoints.rank import is_full, metric_keys, state_of, value_of
from runs.directions import greater_is_better
from runs.models import Checkpoint
from runs.table.coded import Coded
from runs.table.column import NUMBER, SECONDS, TIME, Column
from runs.table.columns import RunColumns

#: What a checkpoint has itself; everything else is its run's.
TEXTS: dict[str, Callable[[Checkpoint], Any]] = {
    "name": lambda row: row.run.name,
    "run": lambda row: [row.run.name, row.run_id],
    "state": state_of,
    "kind": lambda row: "full" if is_full(row) else "weights",
    "notes": lambda row: row.notes,
    "pinned": lambda row: row.is_pinned,
    "due": lambda row: row.due,
    "problem": lambda row: row.problem,
}
NUMBERS: dict[str, Callable[[Checkpoint], float | None]] = {
    "step": lambda row: row.step,
    "epoch": lambda row: row.epoch,
    "size": lambda row: row.size,
    "attempt": lambda row: row.attempt,
}
FIELDS = ("alias", "kept", *TEXTS, *NUMBERS, "age", "saved", "tag")


class CheckpointColumns:
    """n checkpoints, each of a run of ``runs``, at the moment ``now`` (seconds since the epoch).

    ``aliases`` and ``kept`` map an id to its aliases and to why it is kept.
    """

    def __init__(
        self,
        rows: Sequence[Checkpoint],
        runs: RunColumns,
        aliases: Mapping[str, Sequence[str]],
        kept: Mapping[str, Sequence[str]],
        now: float,
    ) -> None:
        self.rows, self.runs, self.now = rows, runs, now
        self._lists = {"alias": aliases, "kept": kept}

    @property
    def size(self) -> int:
        return len(self.rows)

    @cached_property
    def metrics(self) -> list[str]:
        """The metrics that were measured at a checkpoint's step."""
        return metric_keys(self.rows)

    @cached_property
    def known_keys(self) -> list[str]:
        settings = [key for key in self.runs.known_keys if self.runs.kind_of(key) != "metric"]
        return list(dict.fromkeys([*FIELDS, *self.metrics, *settings]))

    def full_key(self, key: str) -> str | None:
        """The key with its prefix, None for an unknown one. A metric is the checkpoint's, never its run's."""
        if key in FIELDS or key in self.metrics:
            return key
        full = self.runs.full_key(key)
        return full if full is not None and self.runs.kind_of(full) != "metric" else None

    def resolve(self, key: str) -> Column | None:
        full = self.full_key(key)
        return None if full is None else self.column(full)

    def column(self, key: str) -> Column:
        if key in TEXTS:
            return self._texts(TEXTS[key])
        if key in self._lists:
            return self._texts(lambda row: list(self._lists[key].get(row.pk, ())))
        if key in NUMBERS:
            return self._numbers(NUMBER, NUMBERS[key])
        if key == "age":
            return self._numbers(SECONDS, lambda row: self.now - row.created_at.timestamp())
        if key == "saved":
            return self._numbers(TIME, lambda row: row.created_at.timestamp())
        if key in self.metrics:
            return self._numbers(NUMBER, lambda row: value_of(row, key))
        return self._of_runs(self.runs.column(key))

    def nearest(self, key: str) -> str:
        found = difflib.get_close_matches(key, self.known_keys, n=1)
        return found[0] if found else ""

    def kind_of(self, key: str) -> str:
        if key in FIELDS:
            return "field"
        return "metric" if key in self.metrics else self.runs.kind_of(key)

    def greater(self, key: str) -> bool:
        return greater_is_better(key, self.runs.objectives)

    @cached_property
    def _places(self) -> np.ndarray:
        return np.array([self.runs.index.places[row.run_id] for row in self.rows], dtype=int)

    def _of_runs(self, column: Column) -> Column:
        codes = None if column.codes is None else column.codes[self._places]
        return replace(column, numbers=column.numbers[self._places], codes=codes)

    def _texts(self, value: Callable[[Checkpoint], Any]) -> Column:
        coded = Coded(self.size)
        for place, row in enumerate(self.rows):
            coded.set(place, value(row))
        return coded.column()

    def _numbers(self, kind: str, value: Callable[[Checkpoint], float | None]) -> Column:
        numbers = [value(row) for row in self.rows]
        return Column(kind, np.array([np.nan if n is None else n for n in numbers], dtype=float))
