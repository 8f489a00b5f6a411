"""Parts of the compare page that are the same for runs and for groups of seeds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from runs.class_compare import MOST_CLASSES, ClassValues
from runs.class_metrics import class_metrics
from runs.compare import ConfigRow
from runs.differences import Differences, TextDiff, differences, is_long, text_diffs
from runs.models import Run
from runs.replicates import Group


def parted(rows: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The rows of metrics about everything, and those of classes and slices as {"metric", "rows"}, the baseline's
    weakest first. A row is {"row", "cells"} with ``row.key``."""
    by_key = {item["row"].key: item for item in rows}
    found = class_metrics(by_key)
    sections = [
        {"metric": whole, "rows": _weakest_first({part: by_key[key] for part, key in parts.items()})}
        for whole, parts in found.items()
    ]
    of_parts = {key for parts in found.values() for key in parts.values()}
    return [item for key, item in by_key.items() if key not in of_parts], sections


def evaluated(
    found: ClassValues | None, rows: Mapping[str, Mapping[str, Any]], shown: Callable[[Any], dict[str, Any]]
) -> list[dict[str, Any]]:
    """Sections of the classes of kept evaluations; ``shown`` makes an item of a row."""
    if found is None:
        return []
    split = {"eval": "validation"}.get(found.split, found.split)
    return [
        {
            "metric": measure,
            "note": f"of the last evaluation kept, {split}",
            "rows": _weakest_first({name: shown(row) for name, row in by_class.items()})[:MOST_CLASSES],
            "of": len(by_class),
        }
        for measure, by_class in rows.items()
    ]


def _weakest_first(parts: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(({**item, "label": part} for part, item in parts.items()), key=_strength)


def _strength(item: dict[str, Any]) -> tuple[bool, float]:
    """The value of the baseline in the metric's direction; those without one last."""
    cell = item["cells"][0]["cell"]
    value = getattr(cell, "value", None) if hasattr(cell, "value") else cell.mean and cell.mean.mean
    if value is None:
        return True, 0.0
    return False, value if item["row"].greater_is_better else -value


def told(columns: Sequence[Group], config: list[ConfigRow]) -> dict[str, Any]:
    """What environments and code differ in, and every long text as a diff; ``config`` without its long texts."""
    found: Differences = differences([group.counted or group.runs for group in columns])
    long_rows = [row for row in config if is_long(row)]
    heads = [group.first for group in columns]
    diffs = [*(diff for row in long_rows for diff in text_diffs(row)), *found.texts]
    return {
        "told": replace(found, texts=[]),
        "told_code": len(found.code),
        "texts": [_named(diff, heads) for diff in diffs],
        "config": [row for row in config if row not in long_rows],
    }


def _named(diff: TextDiff, heads: list[Run]) -> dict[str, Any]:
    return {
        "name": diff.name,
        "run": heads[diff.place],
        "lines": diff.lines,
        "is_cut": diff.is_cut,
    }
