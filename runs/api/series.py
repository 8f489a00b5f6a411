"""Curves: series at the resolution of a chart, as typed arrays that Plotly takes as they are."""

from typing import Literal

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema
from ninja.errors import HttpError

from runs import series
from runs.models import Run
from runs.series.wire import encode_array

router = Router(tags=["series"])

MOST_RUNS = 1000
MOST_KEYS = 100


class SeriesQuery(Schema):
    """``runs`` and ``keys`` are lists with commas between."""

    runs: str
    keys: str
    x: Literal["step", "epoch", "relative", "wall", "tokens"] = "step"
    start: float | None = Field(None, alias="from")
    end: float | None = Field(None, alias="to")
    points: int = Field(1500, ge=4, le=20_000)


class Array(Schema):
    """A typed array: ``dtype`` as Plotly knows it, ``bdata`` its little-endian bytes in base64."""

    dtype: str
    bdata: str


class SeriesOut(Schema):
    """``count`` points lie in the range; ``exact``: all of them are here."""

    run: str
    key: str
    count: int
    exact: bool
    x: Array
    y: Array
    step: Array


class SeriesAnswer(Schema):
    """``versions`` are those of the runs before the points were read."""

    versions: dict[str, int]
    series: list[SeriesOut]


@router.get("/series", response=SeriesAnswer)
def read_series(request: HttpRequest, query: Query[SeriesQuery]) -> SeriesAnswer:
    """Series of several runs, each in at most ``points`` points that draw the same curve."""
    run_ids, keys = _listed(query.runs, MOST_RUNS, "runs"), _listed(query.keys, MOST_KEYS, "keys")
    # The versions first: a point that is committed in between is then sent twice rather than never.
    versions = dict(Run.objects.filter(pk__in=run_ids).values_list("pk", "version"))
    found = series.read(run_ids, keys, x=query.x, x_range=(query.start, query.end), max_points=query.points)
    return SeriesAnswer(versions=versions, series=[_out(data) for data in found])


def _out(data: series.SeriesData) -> SeriesOut:
    arrays = {name: Array(**encode_array(getattr(data, name))) for name in ("x", "y", "step")}
    return SeriesOut(run=data.run, key=data.key, count=data.count, exact=data.exact, **arrays)


def _listed(text: str, most: int, name: str) -> list[str]:
    """The parts of a list with commas, each once."""
    parts = list(dict.fromkeys(part for part in text.split(",") if part))
    if len(parts) > most:
        raise HttpError(422, f"“{name}” lists {len(parts)}; the most at once is {most}.")
    return parts
