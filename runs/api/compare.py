"""Runs side by side, as the compare page shows them."""

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema
from ninja.errors import HttpError

from runs.compare import Comparison
from runs.compare import compare as compare_runs
from runs.models import Run

router = Router(tags=["compare"])

#: More runs than this in one answer are a list, not a comparison.
MOST = 50


class ValueOut(Schema):
    """``delta`` is to the baseline, ``verdict`` "better", "worse", "same" or "" (one seed: no interval)."""

    run: str
    value: float | None
    step: int | None
    is_best: bool
    delta: float | None
    verdict: str


class MetricOut(Schema):
    key: str
    greater_is_better: bool
    values: list[ValueOut]


class ComparisonOut(Schema):
    """``runs`` with the baseline first; ``config`` maps differing settings to their values."""

    runs: list[str]
    metrics: list[MetricOut]
    config: dict[str, list[Any]]
    same: int


@router.get("/compare", response=ComparisonOut)
def compare(request: HttpRequest, runs: str, base: str = "") -> ComparisonOut:
    """``runs`` are ids joined by commas; ``base`` is the baseline, else the first."""
    return _out(compare_runs(_runs(runs, base)))


def _runs(text: str, base: str) -> list[Run]:
    """The runs in the order asked for. Raises HttpError when one is not there, or when there are too many."""
    ids = list(dict.fromkeys(part for part in text.split(",") if part))
    if not 0 < len(ids) <= MOST:
        raise HttpError(422, f"Name 1 to {MOST} runs, their ids joined by commas; there are {len(ids)}.")
    found = Run.objects.in_bulk(ids)
    if missing := [pk for pk in ids if pk not in found]:
        raise HttpError(404, f"There is no run {', '.join(missing)}.")
    return sorted((found[pk] for pk in ids), key=lambda run: run.pk != base)


def _out(comparison: Comparison) -> ComparisonOut:
    ids = [run.pk for run in comparison.runs]
    metrics = [
        MetricOut(
            key=row.key,
            greater_is_better=row.greater_is_better,
            values=[ValueOut(run=pk, **vars(cell)) for pk, cell in zip(ids, row.cells, strict=True)],
        )
        for row in comparison.metrics
    ]
    config = {row.name: [cell.value for cell in row.cells] for row in comparison.config}
    return ComparisonOut(runs=ids, metrics=metrics, config=config, same=len(comparison.same))
