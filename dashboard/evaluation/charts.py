"""The drawings of each kind of view."""

import math
from typing import Any

from dashboard import numbers
from dashboard.evaluation.plot import Axis, Line, axis, drawing, shares
from runs.evaluations import curves
from runs.evaluations.classes import rows_of

#: Classes whose curve is drawn beside that of all together: the weakest.
DRAWN = 3
RESIDUAL_BARS = 24
#: Up to this recall the curve of precision is always in the frame.
SHOWN = 0.9


def of_scores(view: dict[str, Any], curve: str) -> dict[str, Any] | None:
    """Precision–recall, ROC or calibration; None where there are no scores."""
    if curve == "calibration":
        return calibration(view)
    if not view.get("scores"):
        return None
    make, words = (
        (curves.precision_recall, "average precision")
        if curve == "pr"
        else (curves.roc, "area under the curve")
    )
    lines = []
    for mark, (name, bins) in enumerate(_drawn(view)):
        found = make(bins)
        lines.append(Line(name, list(zip(found.x, found.y, strict=True)), mark, numbers.number(found.area)))
    # The last few rows pull every curve down: what is left of them decides the range.
    low = _low([y for line in lines for x, y in line.points if x <= SHOWN]) if curve == "pr" else 0.0
    x, y = (
        (shares(0, "recall"), shares(low, "precision"))
        if curve == "pr"
        else (shares(0, "false positives"), shares(0, "true positives"))
    )
    sentence = f"{y.label} by {x.label}: {lines[0].name} {lines[0].value} {words}" if lines else ""
    return drawing(x, y, sentence, lines, diagonal=curve == "roc") | {"words": words}


def calibration(view: dict[str, Any]) -> dict[str, Any] | None:
    """How often the model is right when it says how sure it is."""
    bins = view.get("calibration") or []
    if not bins:
        return None
    error = curves.calibration_error(bins)
    points = [(sure, right) for _, sure, right in bins]
    dots = [
        (sure, right, f"{numbers.grouped(rows)} rows, {100 * right:.0f} % right")
        for rows, sure, right in bins
    ]
    sentence = f"Share right by confidence, expected calibration error {numbers.number(error)}"
    lines = [Line("this model", points, 1, f"ECE {numbers.number(error)}")]
    made = drawing(shares(0, "confidence"), shares(0, "share right"), sentence, lines, dots, diagonal=True)
    return made | {"words": "expected calibration error"}


def regression(view: dict[str, Any]) -> dict[str, Any] | None:
    """Predicted against true, and the errors."""
    points = [p for p in view.get("points", []) if all(isinstance(n, int | float) for n in p)]
    if not points:
        return None
    both = axis([value for _, true, said in points for value in (true, said)], "true")
    dots = [
        (true, said, f"#{row}: said {numbers.number(said)}, is {numbers.number(true)}")
        for row, true, said in points
    ]
    said = Axis(both.low, both.high, "predicted", both.ticks)
    scatter = drawing(both, said, f"Predicted against true of {len(points)} rows", dots=dots, diagonal=True)
    return {"scatter": scatter, "residuals": _residuals([said - true for _, true, said in points])}


def by_length(view: dict[str, Any], former: dict[str, Any] | None) -> dict[str, Any] | None:
    """Perplexity of tokens by how much was read before, or of texts by their length."""
    lines = []
    for mark, (one, name) in enumerate(((view, "this evaluation"), (former, "compared with"))):
        points = [
            (math.log2(upto), math.exp(min(nats / tokens, 700)))
            for upto, tokens, nats, _ in (one or {}).get("lengths", [])
            if tokens and isinstance(nats, int | float)
        ]
        if points:
            mean = view_perplexity(one or {})
            lines.append(Line(name, points, mark + 1 if mark else 0, numbers.number(mean)))
    if not lines:
        return None
    words = "tokens read before" if view.get("read") else "tokens of the text"
    places = sorted({x for line in lines for x, _ in line.points})
    x = Axis(min(places), max(places), words, [(p, numbers.grouped(round(2**p))) for p in places])
    y = axis([y for line in lines for _, y in line.points], "perplexity")
    return drawing(x, y, f"Perplexity by {words}", lines) | {"words": "perplexity"}


def view_perplexity(view: dict[str, Any]) -> float | None:
    """Of all tokens together."""
    loss = view.get("mean_loss")
    return math.exp(loss) if isinstance(loss, int | float) and loss < 700 else None


def text_shares(view: dict[str, Any]) -> dict[str, Any] | None:
    """How many texts have which share of their tokens right."""
    counts = view.get("shares") or []
    if not sum(counts):
        return None
    bars = [(place / len(counts), (place + 1) / len(counts), n) for place, n in enumerate(counts)]
    y = axis(counts, "texts", from_zero=True)
    return drawing(shares(0, "share of tokens right"), y, "Texts by their share of right tokens", bars=bars)


def _words(row: int, true: float, said: float) -> str:
    return f"#{row}: said {numbers.number(said)}, is {numbers.number(true)}"


def _residuals(errors: list[float]) -> dict[str, Any]:
    x = axis(errors, "predicted − true")
    width = (x.high - x.low) / RESIDUAL_BARS
    counts = [0] * RESIDUAL_BARS
    for error in errors:
        counts[min(RESIDUAL_BARS - 1, int((error - x.low) / width))] += 1
    bars = [(x.low + n * width, x.low + (n + 1) * width, count) for n, count in enumerate(counts)]
    return drawing(x, axis(counts, "rows", from_zero=True), "How far predictions are off", bars=bars)


def _drawn(view: dict[str, Any]) -> list[tuple[str, list[list[int]]]]:
    """All classes together and the weakest ones, by name."""
    scores = view["scores"]
    weak = [row for row in rows_of(view) if str(row.number) in scores["classes"]][:DRAWN]
    named = [(f"class {row.name}", scores["classes"][str(row.number)]) for row in weak]
    return [("all classes", scores["all"]), *named]


def _low(values: list[float]) -> float:
    """The tenth below the lowest value."""
    return min(0.9, math.floor(min(values, default=0.0) * 10) / 10)
