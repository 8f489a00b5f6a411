"""The rows of an evaluation as cards: what was said, what is true, and what the run beside says."""

from collections.abc import Callable
from typing import Any

from dashboard import numbers
from dashboard.evaluation.asked import LISTS, Asked
from dashboard.evaluation.links import Link
from dashboard.evaluation.matrix import cell_words

#: Cards that are shown at once.
MOST = 60


def samples(view: dict[str, Any], former: dict[str, Any] | None, asked: Asked, link: Link) -> dict[str, Any]:
    """The chosen list, the other lists with their counts, and cards."""
    rows = view.get("samples", [])
    chosen = sorted((row for row in rows if _belongs(row, asked)), key=_order(asked))
    beside = {row["row"]: row for row in (former or {}).get("samples", [])} if asked.other else {}
    return {
        "choices": _choices(rows, asked, view, link),
        "cards": [_card(row, view, former, beside.get(row["row"])) for row in chosen[:MOST]],
        "clear": link(cell=""),
        "pictures": any(row.get("media_kind") == "image" for row in chosen),
        "lost": view.get("flips", [0, 0])[0],
        "gained": view.get("flips", [0, 0])[1],
    }


def said_words(row: dict[str, Any], view: dict[str, Any], key: str = "said") -> str:
    """A prediction or truth as text: the class's name, several names, a number, or what was written."""
    value = row.get(key)
    labels = view.get("labels", {})
    if isinstance(value, list):
        return ", ".join(labels.get(str(c), str(c)) for c in value) or "none"
    if isinstance(value, int) and labels:
        return str(labels.get(str(value), value))
    if isinstance(value, int | float):
        return numbers.number(value)
    return "" if value is None else str(value)


def is_right(row: dict[str, Any]) -> bool | None:
    """None where right and wrong have no meaning, as for numbers."""
    if "right" in row:
        return bool(row["right"])
    if "wrong" in row:
        return row["wrong"] == 0
    return row["said"] == row["true"] if isinstance(row.get("said"), int) else None


def in_list(row: dict[str, Any], name: str) -> bool:
    """Whether a row is in a list; where rows are right or wrong, only the wrong ones are the worst."""
    return name in row["lists"] and not (name == "worst" and is_right(row))


def _belongs(row: dict[str, Any], asked: Asked) -> bool:
    if asked.cell is None:
        return in_list(row, asked.rows)
    true, said = asked.cell
    return (true is None or row.get("true") == true) and (said is None or row.get("said") == said)


def _order(asked: Asked) -> Callable[[dict[str, Any]], float]:
    """What stands first in a list: the worst, the best, the least sure; fixed rows stand by their number."""
    if asked.cell is None and asked.rows == "probe":
        return lambda row: row["row"]
    if asked.cell is None and asked.rows == "unsure":
        return lambda row: _number(row.get("score"))
    sign = 1 if asked.rows == "best" and asked.cell is None else -1
    return lambda row: sign * _number(row.get("loss"))


def _choices(
    rows: list[dict[str, Any]], asked: Asked, view: dict[str, Any], link: Link
) -> list[dict[str, Any]]:
    found = []
    for name in LISTS:
        count = sum(in_list(row, name) for row in rows)
        current = asked.cell is None and asked.rows == name
        if count or current:
            address = link(cell="", rows="" if name == "worst" else name)
            found.append(
                {"words": _words(name, view), "count": count, "link": address, "is_current": current}
            )
    if asked.cell is not None:
        words = cell_words(view, asked.cell)
        found.append({"words": words, "count": None, "link": link(), "is_current": True})
    return found


def _words(name: str, view: dict[str, Any]) -> str:
    """A list's words; numbers and tokens are further or nearer, not mistaken."""
    return "Worst" if name == "worst" and view["kind"] in ("regression", "language") else LISTS[name]


def _card(
    row: dict[str, Any], view: dict[str, Any], former: dict[str, Any] | None, other: dict[str, Any] | None
) -> dict[str, Any]:
    card = card_of(row, view)
    if "before" in row and view.get("kind") == "classification" and row["before"] != row["said"]:
        card["before"] = said_words(row, view, "before")
    if other is not None and former is not None:
        same = (other.get("media"), other.get("text")) == (row.get("media"), row.get("text"))
        card["other"] = _told(other, former) if same else {"differs": True}
    return card


def card_of(row: dict[str, Any], view: dict[str, Any]) -> dict[str, Any]:
    """All that is shown of one row."""
    return _told(row, view) | {
        "row": row["row"],
        "text": row.get("text", ""),
        "media": row.get("media"),
        "kind": row.get("media_kind"),
        "tokens": _tokens(row, view),
        "pairs": row.get("pairs", []),
        "top": _top(row, view),
    }


def _told(row: dict[str, Any], view: dict[str, Any]) -> dict[str, Any]:
    score = row.get("score")
    return {
        "said": said_words(row, view),
        "true": said_words(row, view, "true"),
        "right": is_right(row),
        "sure": None if score is None or view.get("kind") == "text" else _number(score) * 100,
        "loss": _number(row.get("loss")),
    }


def _tokens(row: dict[str, Any], view: dict[str, Any]) -> list[dict[str, Any]]:
    labels = view.get("labels", {})
    return [
        {"piece": piece, "true": labels.get(str(true)), "said": labels.get(str(said)), "right": true == said}
        for piece, true, said in row.get("tokens", [])
    ]


def _top(row: dict[str, Any], view: dict[str, Any]) -> list[tuple[str, float]]:
    labels = view.get("labels", {})
    return [(labels.get(str(c), str(c)), _number(score)) for c, score in row.get("top", [])]


def _number(value: Any) -> float:
    """A number of the view; "NaN" and "Infinity" are written as texts there."""
    return float(value) if value is not None else 0.0
