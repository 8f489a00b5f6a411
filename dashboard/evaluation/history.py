"""One row through the evaluations of a run."""

from typing import Any

from dashboard.evaluation.asked import key_of
from dashboard.evaluation.samples import card_of
from runs.evaluations import read
from runs.models import Run

#: Evaluations that are looked through, the latest.
MOST = 100


def history(run: Run, row: int, at: str) -> dict[str, Any] | None:
    """What each evaluation of the split said of the row, the latest first; None where none kept it.

    ``at`` is the evaluation that the page shows; what the row is, is told as that one kept it. Two queries.
    """
    every = read.listed(run)
    shown = next((one for one in every if key_of(one) == at), None) or read.latest(run, "eval")
    if shown is None:
        return None
    steps = []
    for evaluation, view in read.views(run, shown.name, MOST):
        kept = next((one for one in view.get("samples", []) if one["row"] == row), None)
        if kept is not None:
            steps.append({"step": evaluation.step, "told": card_of(kept, view), "lists": kept["lists"]})
    if not steps:
        return None
    told = next((one for one in steps if one["step"] == shown.step), steps[0])
    return {
        "history": steps,
        "told": told["told"],
        "step": told["step"],
        "is_fixed": "probe" in told["lists"],
    }
