"""All that the Evaluation tab draws."""

from typing import Any

from django.http import QueryDict

from dashboard import numbers
from dashboard.evaluation import charts, classes, matrix
from dashboard.evaluation.asked import Asked, asked, key_of, others, split_words
from dashboard.evaluation.links import Link, linker
from dashboard.evaluation.samples import samples
from runs.evaluations import read
from runs.evaluations.classes import rows_of
from runs.models import Evaluation, Run

_CURVE_WORDS = {"pr": "Precision–recall", "roc": "ROC", "calibration": "Calibration"}


def page(run: Run, query: QueryDict) -> dict[str, Any]:
    """The context of templates/runs/evaluation.html; ``evaluation`` is None where there is none yet."""
    wanted = asked(run, query)
    if wanted is None:
        return {"evaluation": None}
    link = linker(query)
    view = read.view_of(wanted.shown)
    former = read.view_of(wanted.against) if wanted.against else None
    return {
        "evaluation": wanted.shown,
        "at": key_of(wanted.shown),
        "view": view,
        "asked": wanted,
        "menus": _menus(run, wanted, link),
        "figures": figures(view),
        "split": split_words(wanted.shown.name),
        "matrix": matrix.matrix(view, wanted.cell, wanted.percent, link),
        "counts_link": link(norm=""),
        "percent_link": link(norm="row"),
        "classes": classes.table(view, former, link),
        **_drawings(view, former, wanted, link),
        "samples": samples(view, former, wanted, link),
    }


def figures(view: dict[str, Any]) -> list[tuple[str, str]]:
    """(value, name) of what sums the evaluation up."""
    found: list[tuple[str, Any]] = []
    if view["kind"] in ("classification", "tagging"):
        found += _of_classes(view)
    found += [(name, view.get(key)) for key, name in _FIGURES.items() if view.get(key) is not None]
    if view["kind"] == "language":
        found.append(("perplexity", charts.view_perplexity(view)))
    return [(numbers.number(float(value)), name) for name, value in found if value is not None]


_FIGURES = {
    "exact": "exact",
    "token_f1": "token f1",
    "accuracy": "accuracy",
    "mae": "mae",
    "rmse": "rmse",
    "bias": "bias",
    "r2": "r2",
    "mean_loss": "loss",
}


def _of_classes(view: dict[str, Any]) -> list[tuple[str, float]]:
    counts = list(view.get("per_class", {}).values())
    total = sum(rows for rows, _, _ in counts)
    scores = [row.f1 for row in rows_of(view) if row.rows and row.f1 is not None]
    if not total or not scores:
        return []
    accuracy = sum(right for _, _, right in counts) / total
    return [("accuracy", accuracy), ("macro f1", sum(scores) / len(scores))]


def _drawings(view: dict[str, Any], former: Any, wanted: Asked, link: Link) -> dict[str, Any]:
    choices = [
        {
            "words": words,
            "link": link(curve="" if name == "pr" else name),
            "is_current": name == wanted.curve,
        }
        for name, words in _CURVE_WORDS.items()
    ]
    return {
        "curve": charts.of_scores(view, wanted.curve),
        "curves": choices if view.get("scores") or view.get("calibration") else [],
        "regression": charts.regression(view),
        "lengths": charts.by_length(view, former),
        "shares": charts.text_shares(view),
    }


def _menus(run: Run, wanted: Asked, link: Link) -> dict[str, Any]:
    against = wanted.against
    return {
        "shown": _words(wanted.shown, wanted),
        "against": _words(against, wanted) if against and not wanted.other else "",
        "at": [_offer(one, wanted, link(at=key_of(one))) for one in reversed(wanted.every)],
        "vs": [
            _offer(one, wanted, link(vs=key_of(one), over=""))
            for one in reversed(wanted.every)
            if one.pk != wanted.shown.pk
        ],
        "none": link(vs="none", over=""),
        "others": [(other, link(over=other.pk, vs="")) for other in others(run)],
    }


def _offer(one: Evaluation, wanted: Asked, address: str) -> dict[str, str]:
    return {"words": _words(one, wanted), "link": address}


def _words(one: Evaluation, wanted: Asked) -> str:
    """ "step 2 300 · latest", of another split than the validation with its name."""
    latest = max(other.step for other in wanted.every if other.name == one.name)
    notes = [split_words(one.name)] if one.name != "eval" else []
    notes += ["latest"] if one.step == latest else []
    notes += ["best"] if one.step == wanted.best_step and one.name.startswith("eval") else []
    return " · ".join([f"step {numbers.grouped(one.step)}", *notes])
