"""Labels as numbers: names in sorted order, kept with the data so that a model can tell them back."""

from collections.abc import Iterable, Mapping
from typing import Any

from trainer_bridge.data_problem import DataProblem
from trainer_bridge.data_rows import is_stream

#: Rows of a stream in which every label must occur.
STREAM_LOOK = 10_000


def encode(parts: Mapping[str, Any], role: str, most: int) -> tuple[dict[str, Any], list[str]]:
    """Each part with its labels of ``role`` as ``ClassLabel``s, and their names.

    Names of a ClassLabel stay; texts, whole numbers and truths become numbers in sorted order, over all parts.
    Raises DataProblem for one label only, or more than ``most``. A stream's labels are those of its first rows.
    """
    feature = next(iter(parts.values())).features[role]
    if (names := _names_of(feature)) is None:
        values = sorted({value for part in parts.values() for value in distinct(part, role)})
        check(values, role, most)
        names = [_name(value) for value in values]
        parts = {name: _numbered(part, role, values, names) for name, part in parts.items()}
    return dict(parts), names


def distinct(part: Any, role: str) -> set[Any]:
    """The labels that occur, of one column or of all rows' lists; missing ones left out."""
    if is_stream(part):
        rows: Any = [row[role] for row in part.take(STREAM_LOOK)]
        values: Iterable[Any] = _flat(rows) if _is_list(part, role) else rows
    else:
        values = _flat(part[role]) if _is_list(part, role) else part.unique(role)
    return {value for value in values if value is not None}


def check(values: list[Any], role: str, most: int) -> None:
    """Raises DataProblem where these labels cannot be told apart, or are none."""
    if len(values) < 2:
        only = f"only one: {values[0]}" if values else "none"
        raise DataProblem("columns", f"The column for {role} needs two labels or more; it has {only}.")
    if len(values) > most:
        raise DataProblem(
            "columns",
            f"The column for {role} has {len(values):,} distinct values (“{values[0]}”, “{values[1]}”, …), more than "
            f"{most:,}: are these labels? Name another column, raise max_labels, or, to learn numbers, choose a recipe "
            "for regression.",
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

    def number_of(value: Any) -> int:
        if value not in numbers:
            raise DataProblem("source", _late(value, role))
        return numbers[value]

    def number(batch: dict[str, list[Any]]) -> dict[str, list[Any]]:
        if is_list:
            return {role: [[number_of(value) for value in row] for row in batch[role]]}
        return {role: [number_of(value) for value in batch[role]]}

    features = part.features.copy()
    features[role] = List(ClassLabel(names=names)) if is_list else ClassLabel(names=names)
    return part.map(number, batched=True, features=features)


def _late(value: Any, role: str) -> str:
    return (
        f"{role} “{value}” does not occur in the first {STREAM_LOOK:,} rows of the stream, by which labels get their "
        "numbers. Shuffle the file, or read it without streaming."
    )


def _is_list(part: Any, role: str) -> bool:
    return hasattr(part.features[role], "feature")


def _flat(rows: Iterable[list[Any] | None]) -> list[Any]:
    return [value for row in rows for value in row or ()]
