"""What was evaluated, as Python values."""

import json
import zlib
from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from runs.evaluations import classes
from runs.models import Evaluation, Run

Values = dict[str, float | None]


def listed(run: Run) -> list[Evaluation]:
    """The run's evaluations by split and step, without what they hold: one query. Abandoned ones are left out."""
    return list(_kept(run).order_by("name", "step").defer("view"))


def whole(evaluation: Evaluation) -> Evaluation:
    """The same with what it holds, which lists leave out: one query."""
    return Evaluation.objects.get(pk=evaluation.pk)


def view_of(evaluation: Evaluation) -> dict[str, Any]:
    """All that is known of an evaluation (docs/evaluation.md)."""
    view: dict[str, Any] = json.loads(zlib.decompress(evaluation.view))
    return view


def views(run: Run, name: str, limit: int) -> Iterator[tuple[Evaluation, dict[str, Any]]]:
    """The latest evaluations of a split with all that is known of them: one query."""
    for evaluation in _kept(run).filter(name=name).order_by("-step")[:limit]:
        yield evaluation, view_of(evaluation)


def at(run: Run, step: int, name: str = "eval") -> Evaluation | None:
    """The evaluation of a split at a step."""
    return _kept(run).filter(step=step, name=name).first()


def latest(run: Run, name: str | None = None) -> Evaluation | None:
    """The last evaluation of a split; of the test, else of the validation when no ``name`` is given."""
    if name is not None:
        return _kept(run).filter(name=name).order_by("-step").first()
    names = set(_kept(run).values_list("name", flat=True))
    chosen = next((n for n in ("test", "eval") if n in names), next(iter(sorted(names)), None))
    return latest(run, chosen) if chosen else None


def per_class(run: Run, name: str | None = None, step: int | None = None) -> dict[str, Values]:
    """Class (label, tag, kind of entity) → {"precision", "recall", "f1", "rows"}; {} where there are no classes.

    Of the evaluation of ``name`` at ``step``; of the latest when none is named: the test's, else the validation's. A
    measure without a value (a class that was never predicted has no precision) is None. Two or three queries.
    """
    found = latest(run, name) if step is None else at(run, step, name or "eval")
    return {row.name: row.values() for row in classes.rows_of(view_of(found))} if found else {}


def _kept(run: Run) -> QuerySet[Evaluation]:
    return Evaluation.objects.filter(run=run, is_abandoned=False)
