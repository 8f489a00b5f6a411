"""Curves: series at the resolution of a chart, as typed arrays that Plotly takes as they are."""

import hashlib
from typing import Literal

from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Router, Schema
from ninja.errors import HttpError

from runs import series
from runs.models import Run
from runs.series.wire import encode_array

router = Router(tags=["series"])

MOST_RUNS = 1000
MOST_KEYS = 100
#: Part of every ETag; counts up when the form of the answer changes.
_FORM = 1


class SeriesQuery(Schema):
    """``runs`` and ``keys`` are lists with commas between. ``compact`` is for drawing: values as float32, and
    no ``x`` on the axis "step", where it is the same as ``step``.
    """

    runs: str
    keys: str
    x: Literal["step", "epoch", "relative", "wall", "tokens"] = "step"
    start: float | None = Field(None, alias="from")
    end: float | None = Field(None, alias="to")
    points: int = Field(1500, ge=8, le=20_000)
    compact: bool = False


class Array(Schema):
    """A typed array: ``dtype`` as Plotly knows it, ``bdata`` its little-endian bytes in base64."""

    dtype: str
    bdata: str


class SeriesOut(Schema):
    """``count`` points lie in the range; ``exact``: all of them are here. ``origin``: the Unix time that the
    axis "relative" counts from, if there is a point.
    """

    run: str
    key: str
    count: int
    exact: bool
    x: Array | None
    y: Array
    step: Array
    origin: float | None = None


class SeriesAnswer(Schema):
    """``versions`` are those of the runs before the points were read."""

    versions: dict[str, int]
    series: list[SeriesOut]


@router.get("/series", response=SeriesAnswer)
def read_series(
    request: HttpRequest, response: HttpResponse, query: Query[SeriesQuery]
) -> SeriesAnswer | HttpResponse:
    """Series of several runs, each in at most ``points`` points that draw the same curve.

    The answer carries an ETag of the runs' versions: asked again while nothing happened, it is a 304.
    """
    run_ids, keys = listed(query.runs, MOST_RUNS, "runs"), listed(query.keys, MOST_KEYS, "keys")
    # The versions first: a point that is committed in between is then sent twice rather than never.
    versions = dict(Run.objects.filter(pk__in=run_ids).values_list("pk", "version"))
    tag = _tag(versions, query)
    if tag in request.headers.get("If-None-Match", ""):
        return _cached(HttpResponse(status=304), tag)
    _cached(response, tag)
    found = series.read(run_ids, keys, x=query.x, x_range=(query.start, query.end), max_points=query.points)
    return SeriesAnswer(versions=versions, series=[_out(data, query) for data in found])


def _tag(versions: dict[str, int], query: SeriesQuery) -> str:
    return hashlib.sha256(f"{_FORM} {query!r} {sorted(versions.items())}".encode()).hexdigest()[:32]


def _cached(response: HttpResponse, tag: str) -> HttpResponse:
    """Browsers keep the answer, and ask each time whether it still holds."""
    response.headers["ETag"] = f'"{tag}"'
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _out(data: series.SeriesData, query: SeriesQuery) -> SeriesOut:
    is_same = query.compact and query.x == "step"
    origin = None
    if query.x == "relative" and data.time is not None and len(data.x):
        origin = float(data.time[0] - data.x[0])
    return SeriesOut(
        run=data.run,
        key=data.key,
        count=data.count,
        exact=data.exact,
        x=None if is_same else Array(**encode_array(data.x)),
        y=Array(**encode_array(data.y, single=query.compact)),
        step=Array(**encode_array(data.step)),
        origin=origin,
    )


def listed(text: str, most: int, name: str) -> list[str]:
    """The parts of a list with commas, each once."""
    parts = list(dict.fromkeys(part for part in text.split(",") if part))
    if len(parts) > most:
        raise HttpError(422, f"“{name}” lists {len(parts)}; the most at once is {most}.")
    return parts
