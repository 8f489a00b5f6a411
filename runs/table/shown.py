"""Which columns a table shows: those a person chose, else what decides and what was changed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from runs.queries import is_measure
from runs.table.column import Column
from runs.table.columns import RunColumns
from runs.table.index import BAD, LAST

METRIC_COLUMNS = 5
#: More would leave no room for what moves under them.
MOST_PINNED = 6
CONFIG_COLUMNS = 6
#: So many metrics stand before the settings: the objective and the loss. The others come after them.
_LEADING = 2


@dataclass(frozen=True)
class Shown:
    """``keys`` in their order, the first ``pinned`` of them beside the name. ``unknown``: asked for, not there."""

    keys: list[str]
    pinned: int = 0
    unknown: tuple[str, ...] = ()
    is_chosen: bool = False


def shown_columns(
    columns: RunColumns, places: np.ndarray, cols: str = "", pin: str = "", sorted_by: Sequence[str] = ()
) -> Shown:
    """The columns for these runs; ``cols`` and ``pin`` are keys joined by commas. What orders the rows is seen, unless
    somebody chose otherwise.
    """
    asked = [(part, columns.full_key(part)) for part in _parts(cols)]
    pinned = [full for part in _parts(pin) if (full := columns.full_key(part))][:MOST_PINNED]
    keys = [full for _, full in asked if full] if cols else default_columns(columns, places, sorted_by)
    ordered = list(dict.fromkeys([*pinned, *keys]))
    return Shown(
        ordered, len(dict.fromkeys(pinned)), tuple(part for part, full in asked if not full), bool(cols)
    )


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def default_columns(columns: RunColumns, places: np.ndarray, sorted_by: Sequence[str] = ()) -> list[str]:
    """What orders the rows, objective and loss, then the settings that differ, then the other metrics."""
    metrics = metric_columns(measured_keys(columns, places), columns.objectives)
    first = [key for key in sorted_by if key not in ("name", "state")]
    found = [*first, *metrics[:_LEADING], *config_columns(columns, places), *metrics[_LEADING:]]
    return list(dict.fromkeys(found))


def measured_keys(columns: RunColumns, places: np.ndarray) -> list[str]:
    """The series of which one of these runs has a point, sorted."""
    metrics = columns.index.metrics
    return sorted(
        key
        for key, values in metrics.items()
        if (~np.isnan(values[LAST, places]) | (values[BAD, places] > 0)).any()
    )


def metric_columns(keys: Iterable[str], objectives: dict[str, bool]) -> list[str]:
    """The metrics a table shows: objectives, the loss of the evaluation, then eval, test, training loss."""
    shown = [
        key for key in keys if is_measure(key) and (key.startswith(("eval/", "test/")) or key == "train/loss")
    ]
    places = {"eval": 0, "test": 1, "train": 2}
    order = sorted(
        shown, key=lambda key: (key not in objectives, key != "eval/loss", places[key.split("/")[0]], key)
    )
    return order[:METRIC_COLUMNS]


def config_columns(columns: RunColumns, places: np.ndarray) -> list[str]:
    """The settings that somebody changed and that differ between these runs; of one run those it changed."""
    keys = [key for key in columns.setting_keys if _is_changed(columns, key, places)]
    if len(places) > 1:
        keys = [key for key in keys if _differs(columns.column(key), places)]
    recipes = columns.column("recipe")
    return (["recipe"] if _differs(recipes, places) else []) + keys[:CONFIG_COLUMNS]


def _is_changed(columns: RunColumns, key: str, places: np.ndarray) -> bool:
    """Whether one of the runs gives another value than its recipe has."""
    given = columns.index.settings.get(key)
    if given is None:
        return False
    codes = given.codes[places]
    return bool(((codes >= 0) & (codes != columns.default_codes(key)[places])).any())


def _differs(column: Column, places: np.ndarray) -> bool:
    codes = column.groups[places]
    return len(places) > 1 and bool((codes != codes[0]).any())
