"""The table per class, weakest first, with what changed."""

from typing import Any

from dashboard.evaluation.links import Link
from runs.evaluations.classes import rows_of

#: Rows that are shown at once; of more classes the weakest.
MOST = 200
#: Changes smaller than this are none.
NOTHING = 5e-4


def table(view: dict[str, Any], former: dict[str, Any] | None, link: Link) -> dict[str, Any] | None:
    """Rows with values and changes, and where their bars begin; None for a view without classes."""
    rows = rows_of(view)
    if not rows:
        return None
    before = {row.name: row.f1 for row in rows_of(former)} if former else {}
    scored = [row.f1 for row in rows if row.f1 is not None and row.rows]
    start = _start(scored)
    return {
        "rows": [
            {
                "row": row,
                "bar": max(0.0, ((row.f1 or 0.0) - start) / (1 - start)),
                "change": _change(row.f1, before.get(row.name)),
                "link": "" if row.number is None else link(cell=f"{row.number},", rows=""),
            }
            for row in rows[:MOST]
        ],
        "start": start,
        "left_out": max(0, len(rows) - MOST),
        "entities": bool(view.get("entities")),
    }


def _start(scores: list[float]) -> float:
    """Where bars begin: the tenth below the lowest score, so that small differences can be seen."""
    return min(0.9, int(min(scores) * 10) / 10) if scores else 0.0


def _change(now: float | None, before: float | None) -> dict[str, Any] | None:
    if now is None or before is None:
        return None
    change = now - before
    if abs(change) < NOTHING:
        return {"value": 0.0, "way": "same"}
    return {"value": change, "way": "better" if change > 0 else "worse"}
