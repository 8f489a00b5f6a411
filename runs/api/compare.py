"""Runs side by side, as the compare page shows them."""

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema
from ninja.errors import HttpError

from runs.compare import Comparison
from runs.compare import compare as compare_runs
from runs.group_compare import PERCENTS, GroupCell, GroupComparison, compare_groups
from runs.models import Run
from runs.replicates import Group, group_replicates

router = Router(tags=["compare"])

#: More runs than this in one answer are a list, not a comparison.
MOST = 50


class ValueOut(Schema):
    """``delta`` is to the baseline, ``verdict`` "better", "worse", "same", "other data" (not measured on what the
    baseline was) or "" (one seed: no interval)."""

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


class GroupValueOut(Schema):
    """Of the best values of a group's finished runs: ``mean`` ± ``half`` (null with one seed). ``delta``, its interval
    and ``p`` (Welch's test) are to the baseline; ``verdict`` "better", "worse", "same", "noise" (the interval contains
    0), "untested" (one seed), "other data" (not measured on what the baseline was) or ""; ``needed``: roughly how
    many seeds each would show the difference."""

    n: int
    mean: float | None
    half: float | None
    delta: float | None
    low: float | None
    high: float | None
    p: float | None
    verdict: str
    needed: int | None
    is_best: bool
    is_tied: bool


class GroupMetricOut(Schema):
    key: str
    greater_is_better: bool
    values: list[GroupValueOut]


class GroupOut(Schema):
    """Runs that differ only by seed; ``counted`` have finished, ``repeats`` had the seed of another."""

    name: str
    runs: list[str]
    counted: list[str]
    repeats: list[str]


class GroupsOut(Schema):
    """``groups`` with the baseline first; ``tested`` differences were tested, not corrected for their number."""

    level: float
    tested: int
    groups: list[GroupOut]
    metrics: list[GroupMetricOut]
    config: dict[str, list[Any]]


class ComparisonOut(Schema):
    """``runs`` with the baseline first; ``config`` maps differing settings to their values. ``grouped`` is null unless
    asked for."""

    runs: list[str]
    metrics: list[MetricOut]
    config: dict[str, list[Any]]
    same: int
    grouped: GroupsOut | None = None


@router.get("/compare", response=ComparisonOut)
def compare(
    request: HttpRequest, runs: str, base: str = "", seeds: bool = False, ci: int = 95
) -> ComparisonOut:
    """``runs`` are ids joined by commas; ``base`` is the baseline, else the first. With ``seeds`` those that differ
    only by seed are compared as groups too, with intervals of ``ci`` percent (90, 95 or 99)."""
    if ci not in PERCENTS:
        raise HttpError(422, f"ci is {', '.join(map(str, PERCENTS))} percent, not {ci}.")
    found = _runs(runs, base)
    answer = _out(compare_runs(found))
    if seeds:
        answer.grouped = _grouped(compare_groups(group_replicates(found), ci / 100))
    return answer


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


def _grouped(comparison: GroupComparison) -> GroupsOut:
    metrics = [
        GroupMetricOut(
            key=row.key,
            greater_is_better=row.greater_is_better,
            values=[_group_value(cell) for cell in row.cells],
        )
        for row in comparison.metrics
    ]
    return GroupsOut(
        level=comparison.level,
        tested=comparison.tested,
        groups=[_group(group) for group in comparison.groups],
        metrics=metrics,
        config={row.name: [cell.value for cell in row.cells] for row in comparison.config},
    )


def _group(group: Group) -> GroupOut:
    parts = {name: [run.pk for run in getattr(group, name)] for name in ("runs", "counted", "repeats")}
    return GroupOut(name=group.name, **parts)


def _group_value(cell: GroupCell) -> GroupValueOut:
    mean, difference = cell.mean, cell.difference
    return GroupValueOut(
        n=cell.n,
        mean=mean.mean if mean else None,
        half=mean.half if mean else None,
        delta=difference.value if difference else None,
        low=difference.low if difference else None,
        high=difference.high if difference else None,
        p=difference.p if difference else None,
        verdict=cell.verdict,
        needed=cell.needed,
        is_best=cell.is_best,
        is_tied=cell.is_tied,
    )
