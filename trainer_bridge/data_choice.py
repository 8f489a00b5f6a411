"""The data that a person chose for a task recipe, loaded when the recipe asks for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from trainer_bridge import data_labels, data_splits
from trainer_bridge.data_problem import DataProblem
from trainer_bridge.data_roles import Column, roles
from trainer_bridge.data_splits import EVAL, TEST, TRAIN

__all__ = ["Column", "DataChoice", "DataProblem", "Splits"]

#: Kinds of columns whose values are labels with names.
_LABELLED = ("label", "tags")


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
        _be_quiet()
        parts = data_splits.choose(self.values)
        parts, mapping = _by_role(parts, needs, self.values.get("columns") or {})
        labelled = next((role for role in mapping if needs[role].kind in _LABELLED), None)
        labels = None
        if labelled:
            parts, labels = data_labels.encode(parts, labelled)
        single = labelled if labelled and needs[labelled].kind == "label" else None
        parts = data_splits.limit(data_splits.hold_back(parts, self.values, single), self.values)
        notes = {"source": self.values["source"], "columns": mapping, "rows": _rows(parts)}
        return Splits(parts[TRAIN], _evaluation(parts), parts.get(TEST), labels, notes)


def _by_role(
    parts: Mapping[str, Any], needs: Mapping[str, Column], said: Mapping[str, str]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Each part with its columns renamed to roles, the others dropped; and role → column."""
    from trainer_bridge.data_types import types

    mapping = roles(needs, types(parts[TRAIN].features), said)
    return {name: _renamed(part, name, mapping) for name, part in parts.items()}, mapping


def _renamed(part: Any, name: str, mapping: Mapping[str, str]) -> Any:
    missing = [column for column in mapping.values() if column not in part.features]
    if missing:
        raise DataProblem(
            "columns",
            f"The split {name.removeprefix(EVAL) or 'to evaluate on'} has no column “{missing[0]}”.",
        )
    kept = part.select_columns(list(mapping.values()))
    return kept.rename_columns({column: role for role, column in mapping.items() if column != role})


def _evaluation(parts: Mapping[str, Any]) -> Any:
    found = {name.removeprefix(EVAL): part for name, part in parts.items() if name.startswith(EVAL)}
    return found[""] if list(found) == [""] else found


def _rows(parts: Mapping[str, Any]) -> dict[str, int]:
    return {name.removeprefix(EVAL) or "evaluation": len(part) for name, part in parts.items()}


def _be_quiet() -> None:
    """A bar for each step of the preparation would fill the run's console."""
    from datasets import disable_progress_bars

    disable_progress_bars()
