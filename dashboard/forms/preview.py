"""What a preview of data found, as its template draws it. The errand's result is a worker's word: nothing in it need be
there.
"""

from dataclasses import dataclass
from typing import Any

from dashboard.forms.rows import html_id

KIND = "preview"
#: The field that leaves bad rows out.
BAD_ROWS = html_id("data.skip_bad_rows")

#: A histogram's width and height, in its own units.
WIDTH, HEIGHT = 240, 48


@dataclass(frozen=True)
class Problem:
    """``id`` is that of the field to change; ``details`` a traceback, or ""."""

    id: str
    name: str
    sentence: str
    details: str


@dataclass(frozen=True)
class Bar:
    """One label or one span of lengths: ``share`` of the largest bar, in percent; ``x``, ``y``, ``width`` and
    ``height`` in a histogram."""

    name: str
    count: int
    share: float = 0
    x: float = 0
    y: float = 0
    width: float = 0
    height: float = 0


@dataclass(frozen=True)
class Labels:
    """The labels of one part, counted by ``unit`` ("Rows", "Tokens"); ``more`` of them are not shown."""

    part: str
    unit: str
    bars: list[Bar]
    more: int


@dataclass(frozen=True)
class Report:
    """``found`` is the result itself."""

    found: dict[str, Any]
    problems: list[Problem]
    labels: list[Labels]
    lengths: list[Bar]
    heads: list[dict[str, Any]]

    @property
    def parts(self) -> list[dict[str, Any]]:
        return self.found.get("parts") or self.found.get("splits") or []

    @property
    def bad_rows_stop(self) -> bool:
        """Whether rows that cannot be used keep the run from being launched."""
        return any(problem.id == BAD_ROWS for problem in self.problems)

    @property
    def shown_problems(self) -> list[Problem]:
        """All but the bad rows, where those are listed by themselves."""
        listed = (self.found.get("bad") or {}).get("count")
        return [problem for problem in self.problems if problem.id != BAD_ROWS or not listed]

    @property
    def has_targets(self) -> bool:
        """Whether labels stand at tokens."""
        samples = (self.found.get("batch") or {}).get("samples", ())
        return any("counted" in sample for sample in samples)

    @property
    def is_guess(self) -> bool:
        """Whether a role was guessed."""
        return any(column["guessed"] for column in self.found.get("columns", ()))


def report(found: dict[str, Any]) -> Report:
    """The result of an errand of the kind KIND, ready to draw."""
    return Report(
        found=found,
        problems=[_problem(problem) for problem in found.get("problems", ())],
        labels=_labels(_named(found)),
        lengths=_histogram((found.get("lengths") or {}).get("bars", [])),
        heads=_heads(found),
    )


def _problem(problem: dict[str, Any]) -> Problem:
    key = problem["key"]
    return Problem(
        html_id(key), key.partition(".")[2] or key, problem["sentence"], problem.get("details", "")
    )


def _named(found: dict[str, Any]) -> dict[str, Any]:
    """The counts of labels by part. Those of a part that an evaluation is taken from hold the evaluation too."""
    labels = found.get("labels") or {}
    planned = {part["name"] for part in found.get("parts") or ()}
    taken = "evaluation" in planned and not any(name.startswith("evaluation") for name in labels)
    return {"train and evaluation" if taken and name == "train" else name: of for name, of in labels.items()}


def _labels(labels: dict[str, Any]) -> list[Labels]:
    """Of each part, in the order of the first one's counts."""
    order = {
        one["name"]: place
        for counted in reversed(labels.values())
        for place, one in enumerate(counted["counts"])
    }
    return [_of_part(part, counted, order) for part, counted in labels.items()]


def _of_part(part: str, counted: dict[str, Any], order: dict[str, int]) -> Labels:
    counts = sorted(counted["counts"], key=lambda one: order[one["name"]])
    most = max((one["count"] for one in counts), default=1)
    bars = [Bar(one["name"], one["count"], share=100 * one["count"] / most) for one in counts]
    return Labels(part, counted.get("unit", "Rows"), bars, counted["distinct"] - len(bars))


def _histogram(bars: list[dict[str, Any]]) -> list[Bar]:
    if not bars:
        return []
    most = max(bar["count"] for bar in bars)
    step = WIDTH / len(bars)
    return [
        _column(bar, (place + 0.1) * step, step, HEIGHT * bar["count"] / most)
        for place, bar in enumerate(bars)
    ]


def _column(bar: dict[str, Any], x: float, step: float, height: float) -> Bar:
    name = f"{bar['from']}" if bar["from"] == bar["to"] else f"{bar['from']} to {bar['to']}"
    return Bar(
        name,
        bar["count"],
        x=round(x, 2),
        y=round(HEIGHT - height, 2),
        width=round(step * 0.8, 2),
        height=round(height, 2),
    )


def _heads(found: dict[str, Any]) -> list[dict[str, Any]]:
    """The columns that the table of rows shows, in its order."""
    by_name = {column["name"]: column for column in found.get("columns", ())}
    names = (found.get("rows") or {}).get("names", ())
    return [by_name.get(name, {"name": name, "type": "", "role": "", "guessed": False}) for name in names]
