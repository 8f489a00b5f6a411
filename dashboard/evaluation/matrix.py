"""The confusion matrix as rows of cells, or as the pairs that are mistaken most where there are many classes."""

from dataclasses import dataclass
from typing import Any

from dashboard import numbers
from dashboard.evaluation.links import Link

#: Up to here the whole matrix is drawn; of more classes, the pairs that are mistaken most.
MOST_CLASSES, PAIRS = 30, 20
#: Shades of a cell (static/css/evaluation.css).
SHADES = 10
#: The least shade of a cell that holds something, mistaken and right: a single mistake must be seen.
FAINTEST = (3, 1)


@dataclass(frozen=True)
class Cell:
    """``text`` is "" for zero; ``tone`` is "right-4", "wrong-2" or "none"."""

    text: str
    tone: str
    label: str
    link: str
    is_chosen: bool


Chosen = tuple[int | None, int | None] | None


def matrix(view: dict[str, Any], chosen: Chosen, percent: bool, link: Link) -> dict[str, Any] | None:
    """What the matrix's template draws; None for a view without classes."""
    if not view.get("cells"):
        return None
    if view["classes"] > MOST_CLASSES:
        return {"pairs": _pairs(view, chosen, link), "classes": view["classes"], "most": _most(view)}
    counts = {(true, said): rows for true, said, rows in view["cells"]}
    names = [view["labels"].get(str(c), str(c)) for c in range(view["classes"])]
    totals = [view["per_class"].get(str(c), [0])[0] for c in range(view["classes"])]
    shade = _shader(counts, totals, percent)
    rows = []
    for true, name in enumerate(names):
        cells = []
        for said, other in enumerate(names):
            count = counts.get((true, said), 0)
            text = _text(count, totals[true], percent)
            label = f"{name} read as {other}: {count}" if true != said else f"{name} read rightly: {count}"
            address = link(cell="" if chosen == (true, said) else f"{true},{said}", rows="")
            cells.append(Cell(text, shade(true, said, count), label, address, chosen == (true, said)))
        rows.append({"name": name, "cells": cells, "link": link(cell=f"{true},", rows="")})
    columns = [{"name": name, "link": link(cell=f",{said}", rows="")} for said, name in enumerate(names)]
    return {"rows": rows, "columns": columns, "most": _most(view), "wide": max(map(len, names)) > 3}


def cell_words(view: dict[str, Any], chosen: Chosen) -> str:
    """The chosen cell in words: "3 read as 5", "all that is 3"."""
    if chosen is None:
        return ""
    true, said = (None if c is None else view.get("labels", {}).get(str(c), str(c)) for c in chosen)
    if true is None:
        return f"read as {said}"
    return f"all that is {true}" if said is None else f"{true} read as {said}"


def _shader(counts: dict[tuple[int, int], int], totals: list[int], percent: bool) -> Any:
    """The tone of a cell, by its share of the row or of the largest cell of its kind."""
    right = max((n for (t, s), n in counts.items() if t == s), default=1)
    wrong = max((n for (t, s), n in counts.items() if t != s), default=1)

    def shade(true: int, said: int, count: int) -> str:
        if not count:
            return "none"
        largest = totals[true] if percent else right if true == said else wrong
        is_right = true == said
        level = max(FAINTEST[is_right], min(SHADES, round(SHADES * count / max(largest, 1))))
        return f"{'right' if is_right else 'wrong'}-{level}"

    return shade


def _text(count: int, total: int, percent: bool) -> str:
    if not count:
        return ""
    return f"{100 * count / total:.0f}" if percent and total else numbers.grouped(count)


def _mistaken(view: dict[str, Any]) -> list[list[int]]:
    return [cell for cell in view["cells"] if cell[0] != cell[1]]


def _pairs(view: dict[str, Any], chosen: Chosen, link: Link) -> list[dict[str, Any]]:
    labels = view["labels"]
    return [
        {
            "true": labels.get(str(true), str(true)),
            "said": labels.get(str(said), str(said)),
            "rows": rows,
            "share": rows / max(view["per_class"].get(str(true), [rows])[0], 1) * 100,
            "link": link(cell="" if chosen == (true, said) else f"{true},{said}", rows=""),
            "is_chosen": chosen == (true, said),
        }
        for true, said, rows in _mistaken(view)[:PAIRS]
    ]


def _most(view: dict[str, Any]) -> str:
    """ "most often: 3 read as 5, 2 rows"."""
    if not (mistaken := _mistaken(view)):
        return "nothing is mistaken"
    true, said, rows = mistaken[0]
    words = "1 row" if rows == 1 else f"{numbers.grouped(rows)} rows"
    return f"most often: {cell_words(view, (true, said))}, {words}"
