"""The columns of the trials table: which there are, which the address chooses (cols, pin), and the sheet for that.

"trial" comes first and is never taken away; pinned ones stand beside it. Where nobody chose, the usual ones.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboard.sweep_page.dims import labels
from dashboard.sweep_page.metrics import last_values, metric_keys
from runs.sweeps.trial_rows import SweepRows

FIRST_COLUMN = "trial"
#: So many have a place of their own beside the trial (static/css/components.css).
MOST_PINS = 6
_TEXTS = frozenset({"state", "curve", "name", "front"})
_WIDTHS = {
    "trial": 64, "state": 128, "curve": 132, "steps": 72, "time": 84, "name": 190, "started": 152, "ended": 152,
    "seeds": 64, "front": 64,
}  # fmt: skip
#: Columns that a person may choose beside the usual ones.
_MORE = {"name": "Name", "started": "Started", "ended": "Ended", "seeds": "Seeds"}


@dataclass(frozen=True)
class Column:
    """A column: its name in the address, its label, how wide it is in pixels, whether it sorts now."""

    key: str
    label: str
    width: int
    aria_sort: str = ""
    link: str = ""
    pin: int | None = None

    @property
    def classes(self) -> str:
        """Those of its heads and cells."""
        parts = {
            "number": self.key not in _TEXTS,
            "name-column": self.key == FIRST_COLUMN,
            f"pinned pin-{self.pin}": self.pin is not None,
        }
        return " ".join(name for name, holds in parts.items() if holds)


class TrialColumns:
    """The columns of one request: ``names`` by key, ``keys`` as they stand, ``pins`` among them, ``metrics`` of the
    trials that are among them. Names that the sweep does not have are passed over.
    """

    def __init__(self, found: SweepRows, query: Mapping[str, str]) -> None:
        self.found = found
        usual = _names(found)
        asked, pinned, sort = (_split(query.get(name, "")) for name in ("cols", "pin", "sort"))
        sort = [key.removeprefix("-") for key in sort]
        objectives = {one.key for one in found.objectives}
        self.metrics = last_values(found, {*asked, *pinned, *sort} - usual.keys() - objectives)
        self.names = usual | {key: key for key in sorted(self.metrics)}
        self.sort, self.descending = self._sort(query.get("sort", ""))
        self.pins = [key for key in pinned if key in self.names and key != FIRST_COLUMN][:MOST_PINS]
        shown = [key for key in asked if key in self.names] or [key for key in usual if key not in _MORE]
        rest = [key for key in shown if key not in self.pins and key != FIRST_COLUMN]
        self.keys = [FIRST_COLUMN, *self.pins, *rest]

    def _sort(self, asked: str) -> tuple[str, bool]:
        """(column, descending) of the address; by the objective, best first, without one."""
        if asked.removeprefix("-") in self.names.keys() - {"curve"}:
            return asked.removeprefix("-"), asked.startswith("-")
        return "objective", self.found.objective.greater

    def heads(self) -> list[Column]:
        """The columns in their order."""
        return [self._head(key) for key in self.keys]

    def _head(self, key: str) -> Column:
        """Its link sorts by it, or turns the order round when it sorts already."""
        is_sorted = key == self.sort
        aria = ("descending" if self.descending else "ascending") if is_sorted else ""
        link = "" if key == "curve" else f"?sort={'' if is_sorted and self.descending else '-'}{key}"
        width = _WIDTHS.get(key) or _wide(self.names[key])
        return Column(
            key, self.names[key], width, aria, link, self.pins.index(key) if key in self.pins else None
        )

    def sheet(self) -> dict[str, Any]:
        """What workspace/_columns.html shows: the ``chosen`` ones in their order, ``others`` by kind."""
        searched, objectives = _searched(self.found), _objectives(self.found)
        metrics = [key for key in metric_keys(self.found) if key not in _names(self.found)]
        fields = [key for key in _names(self.found) if key not in (*searched, *objectives, FIRST_COLUMN)]
        kinds = (
            ("Objectives", objectives),
            ("Searched", searched),
            ("Fields", fields),
            ("Metrics", metrics),
        )
        others = [(title, [key for key in keys if key not in self.keys]) for title, keys in kinds]
        return {
            "chosen": [self._entry(key) for key in self.keys[1:]],
            "others": [(title, [self._entry(key) for key in keys]) for title, keys in others if keys],
        }

    def _entry(self, key: str) -> dict[str, Any]:
        return {"key": key, "label": self.names.get(key, key), "pinned": key in self.pins}


def _split(text: str) -> list[str]:
    return [key for key in dict.fromkeys(text.split(",")) if key]


def _names(found: SweepRows) -> dict[str, str]:
    """Every column: the usual ones in their order, and those of _MORE."""
    first = found.objective.key
    names = {"trial": "Trial", "state": "State", "objective": first, "curve": f"{first} by step"}
    if len(found.objectives) > 1:
        names["front"] = "Front"
    names |= {key: key for key in (*_objectives(found)[1:], *_searched(found))}
    return names | {"steps": "Steps", "time": "Time"} | _MORE


def _objectives(found: SweepRows) -> list[str]:
    return ["objective", *(one.key for one in found.objectives[1:])]


def _searched(found: SweepRows) -> list[str]:
    return list(labels(list(found.sweep.space)).values())


def _wide(label: str) -> int:
    """Room for the name; values have at most about ten letters."""
    return min(190, max(92, 34 + 7 * len(label)))
