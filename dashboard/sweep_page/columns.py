"""The columns of the trials table: which there are, which the address chooses (cols, pin), and the sheet for that.

"trial" comes first and is never taken away; pinned ones stand beside it. Of a list nobody chose the usual ones.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboard.sweep_page.dims import labels
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


def columns(found: SweepRows, query: Mapping[str, str]) -> list[Column]:
    """Those that the address chooses, in its order."""
    names, keys, pins = _names(found), chosen(found, query), pinned(found, query)
    key, descending = sort_of(found, query)
    sorts = {key: "descending" if descending else "ascending"}
    return [
        Column(
            one,
            names[one],
            _WIDTHS.get(one) or _wide(names[one]),
            sorts.get(one, ""),
            "" if one == "curve" else f"?sort={'' if sorts.get(one) == 'descending' else '-'}{one}",
            pins.index(one) if one in pins else None,
        )
        for one in keys
    ]


def sort_of(found: SweepRows, query: Mapping[str, str]) -> tuple[str, bool]:
    """(column, descending) of the address; by the objective, best first, without one."""
    asked = query.get("sort", "")
    if asked.removeprefix("-") in _names(found).keys() - {"curve"}:
        return asked.removeprefix("-"), asked.startswith("-")
    return "objective", found.objective.greater


def chosen(found: SweepRows, query: Mapping[str, str]) -> list[str]:
    """The keys of the columns as they stand; names that the sweep does not have are passed over."""
    pins = pinned(found, query)
    asked = _known(found, query.get("cols", "")) or [key for key in _names(found) if key not in _MORE]
    rest = [key for key in asked if key not in pins and key != FIRST_COLUMN]
    return [FIRST_COLUMN, *pins, *rest]


def pinned(found: SweepRows, query: Mapping[str, str]) -> list[str]:
    """The keys of those beside the trial."""
    return [key for key in _known(found, query.get("pin", "")) if key != FIRST_COLUMN][:MOST_PINS]


def _known(found: SweepRows, text: str) -> list[str]:
    names = _names(found)
    return [key for key in dict.fromkeys(text.split(",")) if key in names]


def sheet(found: SweepRows, query: Mapping[str, str]) -> dict[str, Any]:
    """What workspace/_columns.html shows: the ``chosen`` ones in their order, ``others`` by kind."""
    names, shown, pins = _names(found), chosen(found, query)[1:], pinned(found, query)
    searched, objectives = _searched(found), _objectives(found)
    fields = [key for key in names if key not in (*searched, *objectives, FIRST_COLUMN)]
    kinds = (("Objectives", objectives), ("Searched", searched), ("Fields", fields))
    return {
        "chosen": [_entry(names, key, key in pins) for key in shown],
        "others": [
            (title, [_entry(names, key) for key in keys if key not in shown])
            for title, keys in kinds
            if set(keys) - set(shown)
        ],
    }


def _entry(names: Mapping[str, str], key: str, is_pinned: bool = False) -> dict[str, Any]:
    return {"key": key, "label": names[key], "pinned": is_pinned}


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
