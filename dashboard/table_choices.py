"""What the toolbar of the runs table offers: groups, orders, columns."""

from typing import Any

from dashboard.numbers import setting_name
from runs.table.columns import FIELDS
from runs.workspace import Workspace

#: Usual choices in a menu; its field takes any other.
MOST = 8


def menus(found: Workspace) -> dict[str, Any]:
    """The menus Group and Sort: what is chosen now, in words, and pairs of (value, label)."""
    settings = [key for key in found.shown.keys if key in found.columns.setting_keys]
    return {
        "group_now": found.asked.group or "sweep",
        "group_choices": [
            ("", "Sweep, trials folded"),
            ("none", "Nothing"),
            *((key, setting_name(key)) for key in ["state", "recipe", "tag", *settings][:MOST]),
        ],
        "sort_now": found.asked.sort.removeprefix("-") or "newest",
        "sort_choices": [
            ("", "Newest first"),
            ("name", "name"),
            *((_best_first(found, key), setting_name(key)) for key in found.shown.keys[:MOST]),
            ("-duration", "longest first"),
        ],
    }


def _best_first(found: Workspace, key: str) -> str:
    metrics = found.columns.index.metrics
    return f"-{key}" if key in metrics and found.columns.greater(key) else key


def columns(found: Workspace) -> dict[str, Any]:
    """The sheet of columns: the ``chosen`` ones in their order, ``others`` by kind."""
    shown, pinned = found.shown.keys, found.shown.keys[: found.shown.pinned]
    kinds = (
        ("Metrics", sorted(found.columns.index.metrics)),
        ("Settings", list(found.columns.setting_keys)),
        ("Fields", [key for key in FIELDS if key not in ("name", "state")]),
    )
    return {
        "chosen": [_column(key, key in pinned) for key in shown],
        "others": [(title, [_column(key) for key in keys if key not in shown]) for title, keys in kinds],
    }


def _column(key: str, pinned: bool = False) -> dict[str, Any]:
    return {"key": key, "label": setting_name(key), "pinned": pinned}
