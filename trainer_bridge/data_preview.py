"""What a page shows of a run's data before anything is trained: rows, roles, labels, splits, and the first batch."""

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from trainer_bridge import data_splits, spec_fields
from trainer_bridge.data_batch import first_batch, lengths
from trainer_bridge.data_cells import cell, label
from trainer_bridge.data_choice import LABELLED, DataChoice, by_role
from trainer_bridge.data_problem import DataProblem
from trainer_bridge.data_read import read
from trainer_bridge.data_roles import FITS, Column, roles
from trainer_bridge.data_rows import find_bad, is_stream, undecoded
from trainer_bridge.data_splits import TRAIN, planned, spoken
from trainer_bridge.data_types import types
from trainer_bridge.own.find import find
from trainer_bridge.rehearsal.faults import Fault, faults_of
from trainer_bridge.spec import build_trainer

Tell = Callable[[str], None]

#: Rows that are shown, columns of them, labels that are counted apart, bad rows that are named.
ROWS, COLUMNS, LABELS, BAD = 6, 12, 40, 20
#: Rows that are prepared for the first batch; the run prepares all.
PREPARED = 2000
#: Rows of a stream that are looked at, where a file is read whole.
STREAMED = 1000


class _Asked(Exception):
    """A recipe asked for its data; ``needs`` is what it asked for."""

    def __init__(self, needs: Mapping[str, Column]) -> None:
        self.needs = needs


class _Listener(DataChoice):
    """Stands in for the data until the recipe says what it needs."""

    def load(self, needs: Mapping[str, Column]) -> Any:
        raise _Asked(needs)


def preview(spec: Mapping[str, Any], folder: Path, tell: Tell) -> dict[str, Any]:
    """The preview of ``spec`` as JSON, working in ``folder``; see docs/data.md for its keys.

    What is wrong is in "problems", at the field to change; the other keys hold as much as could be found out.
    """
    return Preview(spec, folder, tell).run()


class Preview:
    """One preview: its stages in order, each adding to what is found."""

    def __init__(self, spec: Mapping[str, Any], folder: Path, tell: Tell) -> None:
        self._spec, self._folder, self._tell = spec, folder, tell
        self._recipe = find(spec["recipe"])
        self._keys = list(spec_fields.fields_of(self._recipe))
        self._found: dict[str, Any] = {}
        self._problems: list[Fault] = []

    def run(self) -> dict[str, Any]:
        """Every stage that can be reached, and what came out."""
        if "data" in self._recipe.takes:
            self._try(self._look_at_data)
        if not self._problems:
            self._tell("preparing the first batch")
            self._try(self._look_at_batch)
        return self._found | {"problems": [fault.plain() for fault in self._problems]}

    def _try(self, stage: Callable[[], None]) -> None:
        try:
            stage()
        except Exception as error:
            self._problems += faults_of(error, "building", self._keys)

    def _look_at_data(self) -> None:
        values = spec_fields.resolve(self._recipe, self._spec)
        data, needs = values["data"], needs_of(self._recipe, values)
        self._tell("reading the data")
        splits = read(data["source"], data)
        parts = data_splits.choose(splits, data)
        kinds = types(parts[TRAIN].features)
        self._found |= {"columns": _columns(kinds, {}, data), "rows": _rows(parts[TRAIN], kinds)}
        self._found["splits"] = _sizes(splits)
        self._found["roles"] = _roles(needs, kinds, {}, data)
        mapping = roles(needs, kinds, data["columns"])
        self._found["roles"] = _roles(needs, kinds, mapping, data)
        self._found["columns"] = _columns(kinds, mapping, data)
        self._tell("looking at every row")
        self._found |= _content(by_role(parts, needs, data["columns"])[0], needs)
        self._found["parts"] = _planned(parts, data)

    def _look_at_batch(self) -> None:
        """Of the first rows, drawn as the run would draw them, so that it takes seconds."""
        built = build_trainer(self._smaller(), self._folder / "checkpoints")
        trainer = built.trainer
        trainer.model.train()
        tokenizer = trainer.processing_class
        most = spec_fields.resolve(self._recipe, self._spec)["params"].get("max_length")
        self._found["lengths"] = lengths(
            trainer.train_dataset, most or getattr(tokenizer, "model_max_length", None)
        )
        self._found["batch"] = first_batch(trainer)
        self._found.setdefault("parts", _built(trainer, built.test_dataset))

    def _smaller(self) -> dict[str, Any]:
        if "data" not in self._recipe.takes:
            return dict(self._spec)
        given = self._spec.get("data", {})
        most = {
            name: min(given.get(name) or PREPARED, PREPARED) for name in ("max_samples", "max_eval_samples")
        }
        return {**self._spec, "data": {**given, **most}}


def needs_of(recipe: Any, values: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Column]:
    """What a recipe asks of its data, found by letting it ask."""
    from trainer_bridge.assembly import CHOICES

    given = {group: CHOICES[group](values[group]) for group in recipe.takes} | {
        "data": _Listener(values["data"])
    }
    try:
        recipe.build(**values["params"], **given, seed=0)
    except _Asked as asked:
        return asked.needs
    raise DataProblem("source", f"The recipe {recipe.name} loads no data.")


def _columns(
    kinds: Mapping[str, str], mapping: Mapping[str, str], data: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Every column with its type, its role or "", and whether that was guessed."""
    by_column = {column: role for role, column in mapping.items()}
    return [
        {
            "name": name,
            "type": kind,
            "role": by_column.get(name, ""),
            "guessed": name in by_column and by_column[name] not in data["columns"],
        }
        for name, kind in kinds.items()
        if "." not in name or name in by_column
    ]


def _roles(
    needs: Mapping[str, Column], kinds: Mapping[str, Any], mapping: Mapping[str, str], data: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Every role with its column or "", and the columns that fit it."""
    return [
        {
            "role": role,
            "optional": need.optional,
            "column": mapping.get(role) or data["columns"].get(role) or "",
            "fits": [name for name, kind in kinds.items() if kind in FITS[need.kind]],
        }
        for role, need in needs.items()
    ]


def _rows(part: Any, kinds: Mapping[str, Any]) -> dict[str, Any]:
    shown = list(part.features)[:COLUMNS]
    raw = undecoded(part.select_columns(shown))
    names = {name: _names(part.features[name]) for name in shown}
    rows = list(raw.take(ROWS))
    return {
        "names": shown,
        "hidden": len(part.features) - len(shown),
        "cells": [[cell(row[name], kinds[name], names[name]) for name in shown] for row in rows],
    }


def _sizes(splits: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"name": name, "rows": None if is_stream(part) else len(part)} for name, part in splits.items()]


def _content(parts: Mapping[str, Any], needs: Mapping[str, Column]) -> dict[str, Any]:
    """Labels counted, and rows that cannot be used, over all parts; of a stream over its first rows."""
    labels, bad, count, looked_at = {}, [], 0, 0
    for name, part in parts.items():
        looked = _in_memory(part)
        looked_at += len(looked)
        found = find_bad(looked, needs)
        count += len(found)
        bad += [{"split": spoken(name), "row": row.number, "reason": row.reason} for row in found]
        if role := next((role for role in looked.features if needs[role].kind in LABELLED), None):
            labels[spoken(name)] = _counted(looked, role)
    return {"labels": labels, "bad": {"count": count, "of": looked_at, "rows": bad[:BAD]}}


def _in_memory(part: Any) -> Any:
    from datasets import Dataset

    if not is_stream(part):
        return part
    return Dataset.from_list(list(part.take(STREAMED)), features=part.features)


def _counted(part: Any, role: str) -> dict[str, Any]:
    feature = part.features[role]
    names = _names(feature)
    values = part[role]
    flat = [label for row in values for label in row or ()] if hasattr(feature, "feature") else list(values)
    counts = Counter(_name(value, names) for value in flat if value is not None)
    return {
        "unit": "Tokens" if hasattr(feature, "feature") else "Rows",
        "distinct": len(counts),
        "counts": [{"name": name, "count": count} for name, count in counts.most_common(LABELS)],
    }


def _names(feature: Any) -> list[str] | None:
    """The names of a column of labels, or of lists of labels."""
    return getattr(getattr(feature, "feature", feature), "names", None)


def _name(value: Any, names: list[str] | None) -> str:
    return label(value, names) if names and isinstance(value, int) else str(value)


def _planned(parts: Mapping[str, Any], data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Rows as they will be split, bad ones included."""
    rows = {name: None if is_stream(part) else len(part) for name, part in parts.items()}
    return [{"name": spoken(name), "rows": count} for name, count in planned(rows, data).items()]


def _built(trainer: Any, test: Any) -> list[dict[str, Any]]:
    """Rows as a recipe with data of its own has split them."""
    found = {"train": trainer.train_dataset, "evaluation": trainer.eval_dataset, "test": test}
    return [
        {"name": name, "rows": len(part) if hasattr(part, "__len__") else None}
        for name, part in found.items()
        if part is not None
    ]
