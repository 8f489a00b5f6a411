"""Which plots a sweep's two cards offer; the first of each is shown when the address does not say."""

from typing import Any

from runs.sweeps.trial_rows import SweepRows

_WORDS = {
    "grid": "Grid",
    "history": "History",
    "pareto": "Pareto",
    "curves": "Curves",
    "edf": "EDF",
    "timeline": "Timeline",
    "slice": "Slice",
    "contour": "Contour",
}
#: A heat map of more cells along a side than this cannot be read.
_MOST_CELLS = 40


def cards(found: SweepRows) -> list[dict[str, Any]]:
    """[{"name", "plots": [(key, word) …]} …]: how the search went, and what it found over the space."""
    progress = ["history", "curves", "edf", "timeline"]
    if len(found.objectives) > 1:
        progress.insert(0, "pareto")
    if found.sweep.sampler == "grid" and _is_map(found):
        progress.insert(0, "grid")
    over_space = ["contour", "slice"] if len(found.sweep.space) > 1 else ["slice"]
    return [_card("progress", progress), _card("space", over_space)]


def objective_places(found: SweepRows) -> list[str]:
    """Where more than two objectives are put in the Pareto plot; of three the colour is the one that is left."""
    return ["Across", "Up", "Colour"][: len(found.objectives) - 1]


def _card(name: str, plots: list[str]) -> dict[str, Any]:
    return {"name": name, "plots": [(key, _WORDS[key]) for key in plots], "title": _WORDS[plots[0]]}


def _is_map(found: SweepRows) -> bool:
    """Whether every swept field has a few values to stand beside each other."""
    columns = [{repr(row.params.get(field)) for row in found.rows} for field in found.sweep.space]
    return bool(columns) and all(len(values) <= _MOST_CELLS for values in columns)
