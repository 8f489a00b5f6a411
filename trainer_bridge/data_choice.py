"""The data that a person chose for a task recipe, loaded when the recipe asks for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from trainer_bridge import data_labels, data_notes, data_rows, data_splits
from trainer_bridge.data_cache import prepare_quietly
from trainer_bridge.data_problem import DataProblem
from trainer_bridge.data_read import read
from trainer_bridge.data_roles import Column, roles
from trainer_bridge.data_splits import EVAL, TEST, TRAIN, spoken

__all__ = ["Column", "DataChoice", "DataProblem", "Splits"]

#: Kinds of columns whose values are labels with names.
LABELLED = ("label", "tags")


@dataclass(frozen=True)
class Splits:
    """Datasets whose columns are named by role. ``evaluation`` is a dictionary where several splits are measured by
    name; ``test`` is None unless the data has one. ``labels`` are the names of the role of kind "label" or "tags",
    by number; its column holds the numbers. ``notes`` go to the run's record.
    """

    train: Any
    evaluation: Any
    test: Any = None
    labels: list[str] | None = None
    notes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class DataChoice:
    """``values``: the group "data" of a spec, defaults filled in (see data_fields.py)."""

    values: Mapping[str, Any]

    def load(self, needs: Mapping[str, Column]) -> Splits:
        """The data, each role that the recipe ``needs`` in a column of its name; an optional one may be absent.

        Raises DataProblem, naming the field, for everything a person can put right.
        """
        prepare_quietly()
        values = self.values
        splits = read(values["source"], values)
        chosen = data_splits.choose(splits, values)
        parts, mapping = by_role(chosen, needs, values["columns"])
        parts, left_out = _usable(parts, needs, values["skip_bad_rows"])
        label, tagged = (_role_of(kind, mapping, needs) for kind in LABELLED)
        names = None
        if labelled := label or tagged:
            parts, names = data_labels.encode(parts, labelled, values["max_labels"])
        parts = data_splits.limit(data_splits.hold_back(parts, values, label), values)
        notes = data_notes.describe(values, mapping, parts, left_out) | data_notes.fingerprint(values, splits)
        notes |= data_notes.dropped(chosen[TRAIN], mapping)
        train = data_splits.shuffled(parts[TRAIN], values["shuffle_buffer"])
        return Splits(train, _evaluation(parts), parts.get(TEST), names, notes)


def by_role(
    parts: Mapping[str, Any], needs: Mapping[str, Column], said: Mapping[str, str]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Each part with its columns renamed to roles, the others dropped; and role → column."""
    from trainer_bridge.data_types import types

    mapping = roles(needs, types(parts[TRAIN].features), said)
    return {name: _renamed(part, name, mapping) for name, part in parts.items()}, mapping


def _renamed(part: Any, name: str, mapping: Mapping[str, str]) -> Any:
    if any("." in column and column not in part.features for column in mapping.values()):
        part = part.flatten()
    missing = [column for column in mapping.values() if column not in part.features]
    if missing:
        raise DataProblem("columns", f"The {spoken(name)} split has no column “{missing[0]}”.")
    part = part.select_columns(list(mapping.values()))
    part = part.rename_columns({column: role for role, column in mapping.items() if column != role})
    return data_rows.with_sounds_undecoded(part)


def _usable(
    parts: Mapping[str, Any], needs: Mapping[str, Column], skip: bool
) -> tuple[dict[str, Any], dict[str, int]]:
    """The parts without rows that cannot be used, and how many those were. A test split whose labels are all withheld
    measures nothing, and is left out.
    """
    found, left_out = {}, {}
    for name, part in parts.items():
        if name == TEST and data_rows.is_withheld(part, needs):
            continue
        found[name], left_out[name] = data_rows.without_bad(spoken(name), part, needs, skip)
    return found, left_out


def _role_of(kind: str, mapping: Mapping[str, str], needs: Mapping[str, Column]) -> str | None:
    return next((role for role in mapping if needs[role].kind == kind), None)


def _evaluation(parts: Mapping[str, Any]) -> Any:
    found = {name.removeprefix(EVAL): part for name, part in parts.items() if name.startswith(EVAL)}
    return found[""] if list(found) == [""] else found
