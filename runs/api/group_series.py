"""Curves of groups of runs: mean and interval over their seeds, as typed arrays."""

from typing import Literal

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema
from ninja.errors import HttpError

from runs.api.series import MOST_KEYS, MOST_RUNS, Array, listed
from runs.group_compare import PERCENTS
from runs.group_curves import GroupCurve, group_curves
from runs.models import Run
from runs.series.wire import encode_array

router = Router(tags=["series"])


class GroupsQuery(Schema):
    """``groups`` are lists of runs with commas, with semicolons between: "a,b;c,d"."""

    groups: str
    keys: str
    x: Literal["step", "epoch", "relative", "wall", "tokens"] = "step"
    start: float | None = Field(None, alias="from")
    end: float | None = Field(None, alias="to")
    points: int = Field(1000, ge=8, le=20_000)
    ci: int = 95


class GroupSeriesOut(Schema):
    """``y`` is the mean of the runs that have a value at that x, ``low`` … ``high`` its t-interval (NaN where fewer
    than two have one), ``n`` how many have."""

    group: int
    key: str
    count: int
    exact: bool
    x: Array
    y: Array
    step: Array
    low: Array
    high: Array
    n: Array


class GroupSeriesAnswer(Schema):
    series: list[GroupSeriesOut]


@router.get("/series/groups", response=GroupSeriesAnswer)
def read_group_series(request: HttpRequest, query: Query[GroupsQuery]) -> GroupSeriesAnswer:
    """Mean and interval of several groups of runs, aligned by x."""
    if query.ci not in PERCENTS:
        raise HttpError(422, f"ci is {', '.join(map(str, PERCENTS))} percent, not {query.ci}.")
    groups = [listed(part, MOST_RUNS, "groups") for part in query.groups.split(";")]
    kept = set(
        Run.objects.filter(pk__in=[run for group in groups for run in group]).values_list("pk", flat=True)
    )
    if len(kept) > MOST_RUNS:
        raise HttpError(422, f"“groups” lists {len(kept)} runs; the most at once is {MOST_RUNS}.")
    curves = group_curves(
        [[run for run in group if run in kept] for group in groups],
        listed(query.keys, MOST_KEYS, "keys"),
        x=query.x,
        x_range=(query.start, query.end),
        max_points=query.points,
        level=query.ci / 100,
    )
    return GroupSeriesAnswer(series=[_out(curve) for curve in curves])


def _out(curve: GroupCurve) -> GroupSeriesOut:
    values = {name: getattr(curve, name) for name in ("low", "high", "n", "step", "x")}
    return GroupSeriesOut(
        group=curve.group,
        key=curve.key,
        count=curve.count,
        exact=curve.exact,
        y=Array(**encode_array(curve.mean)),
        **{name: Array(**encode_array(array)) for name, array in values.items()},
    )
