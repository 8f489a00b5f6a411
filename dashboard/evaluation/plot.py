"""Small drawings as SVG, made on the server: they need no script and are there at the first paint."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from dashboard import numbers

#: Size of a drawing, and the free space left, right, above and below its frame, in units of its viewBox.
WIDTH, HEIGHT = 360, 280
LEFT, RIGHT, TOP, BOTTOM = 38, 8, 8, 34


@dataclass(frozen=True)
class Line:
    """``mark``: 0 is ink, 1 … the project's marks. ``value`` stands beside the name in the legend."""

    name: str
    points: list[tuple[float, float]]
    mark: int = 0
    value: str = ""


@dataclass
class Axis:
    """From ``low`` to ``high``; ``ticks`` are (value, words)."""

    low: float
    high: float
    label: str
    ticks: list[tuple[float, str]] = field(default_factory=list)

    def share(self, value: float) -> float:
        """0 at the low end, 1 at the high one; what is outside stands at the edge."""
        return min(1.0, max(0.0, (value - self.low) / ((self.high - self.low) or 1.0)))


def drawing(
    x: Axis,
    y: Axis,
    sentence: str,
    lines: Sequence[Line] = (),
    dots: Sequence[tuple[float, float, str]] = (),
    bars: Sequence[tuple[float, float, float]] = (),
    diagonal: bool = False,
) -> dict[str, Any]:
    """What templates/runs/evaluation/_plot.html draws. ``bars`` are (from, to, height), ``dots`` (x, y, words)."""
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "sentence": sentence,
        "x_label": x.label,
        "y_label": y.label,
        "x_ticks": [(_across(x, value), words) for value, words in x.ticks],
        "y_ticks": [(_down(y, value), words) for value, words in y.ticks],
        "frame": {"left": LEFT, "right": WIDTH - RIGHT, "top": TOP, "bottom": HEIGHT - BOTTOM},
        "lines": [(line, _path(line.points, x, y)) for line in lines if line.points],
        "dots": [(_across(x, dx), _down(y, dy), words) for dx, dy, words in dots],
        "bars": [_bar(bar, x, y) for bar in bars],
        "diagonal": _path([(x.low, y.low), (x.high, y.high)], x, y) if diagonal else "",
    }


def axis(values: Iterable[float], label: str, from_zero: bool = False) -> Axis:
    """An axis that holds all ``values``, with about five round ticks."""
    known = [value for value in values if math.isfinite(value)]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    low = min(low, 0.0) if from_zero else low
    if high == low:
        low, high = low - 0.5, high + 0.5
    step = _round_step((high - low) / 4)
    first, last = math.floor(low / step), math.ceil(high / step)
    ticks = [(place * step, numbers.number(place * step, 3)) for place in range(first, last + 1)]
    return Axis(first * step, last * step, label, ticks)


def shares(low: float, label: str) -> Axis:
    """An axis from ``low`` to 1."""
    step = 0.25 if low == 0 else (1 - low) / 2 if low >= 0.8 else 0.1 if low >= 0.5 else 0.2
    count = round((1 - low) / step)
    return Axis(low, 1.0, label, [(low + n * step, f"{low + n * step:.4g}") for n in range(count + 1)])


def _round_step(rough: float) -> float:
    size = 10.0 ** math.floor(math.log10(rough))
    return next(size * factor for factor in (1, 2, 5, 10) if size * factor >= rough * 0.999)


def _across(x: Axis, value: float) -> float:
    return round(LEFT + x.share(value) * (WIDTH - LEFT - RIGHT), 1)


def _down(y: Axis, value: float) -> float:
    return round(HEIGHT - BOTTOM - y.share(value) * (HEIGHT - TOP - BOTTOM), 1)


def _path(points: Sequence[tuple[float, float]], x: Axis, y: Axis) -> str:
    return "M" + "L".join(f"{_across(x, px)} {_down(y, py)}" for px, py in points)


def _bar(bar: tuple[float, float, float], x: Axis, y: Axis) -> dict[str, float]:
    start, end, height = bar
    left, right, top = _across(x, start), _across(x, end), _down(y, height)
    return {"x": left, "width": max(1.0, right - left - 1), "y": top, "height": HEIGHT - BOTTOM - top}
