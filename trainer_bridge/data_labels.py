"""Labels as numbers: names in sorted order, kept with the data so that a model can tell them back."""

from collections.abc import Iterable, Mapping
from typing import Any

from trainer_bridge.data_problem import DataProblem

#: More distinct labels than this are a wrong column, most likely.
MOST_LABELS = 1000


def encode(parts: Mapping[str, Any], role: str) -> tuple[dict[str, Any], list[str]]:
    """Each part with its labels of ``role`` as ``ClassLabel``s, and their names.

    Names of a ClassLabel stay; texts, whole numbers and truths become numbers in sorted order, over all parts.
    Raises DataProblem for one label only, or too many.
    """
    feature = next(iter(parts.values())).features[role]
    if (names := _names_of(feature)) is None:
        values = sorted({value for part in parts.values() for value in distinct(part, role)})
        check(values, role)
        names = [_name(value) for value in values]
        parts = {name: _numbered(part, role, values, names) for name, part in parts.items()}
    return dict(parts), names


def distinct(part: Any, role: str) -> set[Any]:
    """The labels that occur, of one column or of all rows' lists; missing ones left out."""
    values: Iterable[Any] = part.unique(role) if not _is_list(part, role) else _flat(part[role])
    return {value for value in values if value is not None}


def check(values: list[Any], role: str) -> None:
    """Raises DataProblem where these labels cannot be told apart, or are none."""
    if len(values) < 2:
        only = f"only one: {values[0]}" if values else "none"
        raise DataProblem("columns", f"The column for {role} needs two labels or more; it has {only}.")
    if len(values) > MOST_LABELS:
        raise DataProblem(
            "columns",
            f"The column for {role} has {len(values):,} distinct values (“{values[0]}”, “{values[1]}”, …), more than "
            f"{MOST_LABELS:,}: is it the labels? To learn numbers, choose a recipe for regression.",
        )


def _names_of(feature: Any) -> list[str] | None:
    inner = getattr(feature, "feature", feature)
    return getattr(inner, "names", None)


def _name(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _numbered(part: Any, role: str, values: list[Any], names: list[str]) -> Any:
    from datasets import ClassLabel, List

    numbers = {value: number for number, value in enumerate(values)}
    is_list = _is_list(part, role)

    def number(batch: dict[str, list[Any]]) -> dict[str, list[Any]]:
        if is_list:
            return {role: [[numbers[value] for value in row] for row in batch[role]]}
        return {role: [numbers[value] for value in batch[role]]}

    features = part.features.copy()
    features[role] = List(ClassLabel(names=names)) if is_list else ClassLabel(names=names)
    return part.map(number, batched=True, features=features)


def _is_list(part: Any, role: str) -> bool:
    return hasattr(part.features[role], "feature")


def _flat(rows: Iterable[list[Any] | None]) -> list[Any]:
    return [value for row in rows for value in row or ()]
