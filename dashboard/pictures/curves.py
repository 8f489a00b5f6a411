"""Curves of several runs as one SVG: grid, lines with their bands, a legend. Texts from outside are escaped here."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from dashboard import marks, numbers
from dashboard.pictures.style import picture_style
from runs.exports.curves import ticks
from runs.reports.lines import Line

_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 14, 30, 26
_LEGEND_ROW, _LEGEND_COLUMN = 18, 240
#: The shape at the end of a line, 8 px wide around 0 0.
SHAPES = {
    "circle": "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0",
    "square": "M-3.5-3.5h7v7h-7z",
    "diamond": "M0-5l5 5-5 5-5-5z",
    "triangle-up": "M0-4.5l4.5 8h-9z",
    "triangle-down": "M0 4.5l4.5-8h-9z",
    "cross": "M-1.5-4h3v2.5h2.5v3h-2.5v2.5h-3v-2.5h-2.5v-3h2.5z",
}
#: How the ends of an x axis are written.
_AXES: dict[str, Callable[[float], str]] = {
    "relative": numbers.duration,
    "wall": numbers.moment,
    "step": lambda value: numbers.number(round(value)),
    "tokens": lambda value: numbers.number(round(value)),
    "epoch": numbers.number,
}
Place = Callable[[float], float]


@dataclass(frozen=True)
class Frame:
    """Where values lie: from x and y (of a logarithmic axis their log10) to pixels."""

    across: Place
    up: Place
    bottom: float
    width: float


def curves_picture(
    title: str, lines: Sequence[Line], axis: str, *, log: bool = False, width: int = 760, alone: bool = False
) -> str:
    """An SVG of ``lines``; ``alone``: with its own colours and ground, to be saved as a file."""
    drawn = [line for line in lines if len(_known(line, log))]
    rows = math.ceil(len(drawn) / max(1, (width - _LEFT) // _LEGEND_COLUMN))
    height = 300 + rows * _LEGEND_ROW
    body = (
        [*_grid_and_lines(drawn, axis, log, width, 300), *_legend(drawn, width, 300)]
        if drawn
        else [_nothing(title)]
    )
    style = (
        f'<style>{picture_style()}</style><rect class="ground" width="{width}" height="{height}"/>'
        if alone
        else ""
    )
    sentence = escape(f"{title}, {len(drawn)} line{'' if len(drawn) == 1 else 's'} by {axis}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="picture" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{sentence}">{style}<text class="title" x="8" y="18">{escape(title)}</text>{"".join(body)}</svg>'
    )


def _nothing(title: str) -> str:
    return f'<text x="8" y="48">Nothing of {escape(title)} can be drawn here.</text>'


def _known(line: Line, log: bool) -> np.ndarray:
    """What of a line can be drawn."""
    return line.y[np.isfinite(line.y) & ((line.y > 0) if log else True)]


def _grid_and_lines(lines: Sequence[Line], axis: str, log: bool, width: int, height: int) -> Iterator[str]:
    low, high = _extent(lines, log)
    left, right = min(float(line.x.min()) for line in lines), max(float(line.x.max()) for line in lines)
    bottom = height - _BOTTOM
    frame = Frame(_place(left, right, _LEFT, width - _RIGHT), _place(low, high, bottom, _TOP), bottom, width)
    for value in ticks(low, high, 7):
        at = frame.up(value)
        label = numbers.config_value(float(10**value if log else round(value, 12)))
        yield f'<line class="grid" x1="{_LEFT}" x2="{width - _RIGHT}" y1="{at}" y2="{at}"/>'
        yield f'<text x="{_LEFT - 6}" y="{at + 4}" text-anchor="end">{label}</text>'
    yield from _ends(left, right, axis, frame)
    for line in lines:
        yield _line(line, frame, log)


def _extent(lines: Sequence[Line], log: bool) -> tuple[float, float]:
    """From the lowest to the highest value with some room; as in the pages the first 2 % may leave the frame."""
    values = np.concatenate([_settled(line, log) for line in lines])
    if log:
        values = np.log10(values)
    low, high = float(values.min()), float(values.max())
    pad = 0.06 * (high - low) or abs(high) * 0.5 or 1.0
    return low - pad, high + pad


def _settled(line: Line, log: bool) -> np.ndarray:
    later = line.x >= line.x.min() + 0.02 * (line.x.max() - line.x.min())
    known = np.isfinite(line.y) & ((line.y > 0) if log else True)
    found = line.y[known & later]
    return found if len(found) else line.y[known]


def _ends(left: float, right: float, axis: str, frame: Frame) -> Iterator[str]:
    write = _AXES.get(axis, numbers.number)
    for value in ticks(left, right, 7) if axis in ("step", "epoch", "tokens") else [left, right]:
        anchor = "middle" if left < value < right else "start" if value <= left else "end"
        yield f'<text x="{frame.across(value)}" y="{frame.bottom + 18}" text-anchor="{anchor}">{write(value)}</text>'


def _place(low: float, high: float, start: float, end: float) -> Place:
    width = high - low
    return lambda value: round(start + ((value - low) / width if width else 0.5) * (end - start), 1)


def _line(line: Line, frame: Frame, log: bool) -> str:
    y = np.where(line.y > 0, np.log10(np.maximum(line.y, 1e-300)), np.nan) if log else line.y
    parts = [f'<path class="band" d="{path}"/>' for path in _bands(line, frame, log)]
    parts += [f'<polyline class="curve" points="{points}"/>' for points in _pieces(line.x, y, frame)]
    last = int(np.flatnonzero(np.isfinite(y))[-1])
    at = f"{frame.across(float(line.x[last]))} {_clipped(frame, float(y[last]))}"
    shape = SHAPES[marks.shape(line.mark) or "circle"]
    parts.append(f'<path class="point" transform="translate({at})" d="{shape}"/>')
    return f'<g class="{marks.css_classes(line.mark)}">{"".join(parts)}</g>'


def _pieces(x: np.ndarray, y: np.ndarray, frame: Frame) -> Iterator[str]:
    """The stretches of finite values, as points; one alone is drawn as a dot by its line's end."""
    for part in _stretches(np.isfinite(y)):
        pairs = [
            f"{frame.across(a)},{_clipped(frame, b)}"
            for a, b in zip(x[part].tolist(), y[part].tolist(), strict=True)
        ]
        yield " ".join(pairs * 2 if len(pairs) == 1 else pairs)


def _bands(line: Line, frame: Frame, log: bool) -> Iterator[str]:
    if line.low is None or line.high is None:
        return
    low, high = (np.log10(np.maximum(edge, 1e-300)) if log else edge for edge in (line.low, line.high))
    for part in _stretches(np.isfinite(low) & np.isfinite(high)):
        x = line.x[part].tolist()
        upper = [
            f"{frame.across(a)} {_clipped(frame, b)}" for a, b in zip(x, high[part].tolist(), strict=True)
        ]
        lower = [
            f"{frame.across(a)} {_clipped(frame, b)}" for a, b in zip(x, low[part].tolist(), strict=True)
        ]
        yield f"M{'L'.join([*upper, *reversed(lower)])}Z"


def _clipped(frame: Frame, value: float) -> float:
    """A place inside the frame, or on its edge for what lies outside."""
    return min(max(frame.up(value), float(_TOP)), frame.bottom)


def _stretches(known: np.ndarray) -> list[np.ndarray]:
    places = np.flatnonzero(known)
    return [part for part in np.split(places, np.flatnonzero(np.diff(places) > 1) + 1) if len(part)]


def _legend(lines: Sequence[Line], width: int, top: int) -> Iterator[str]:
    columns = max(1, (width - _LEFT) // _LEGEND_COLUMN)
    for number, line in enumerate(lines):
        row, column = divmod(number, columns)
        x, y = _LEFT + column * _LEGEND_COLUMN, top + 12 + row * _LEGEND_ROW
        shape = SHAPES[marks.shape(line.mark) or "circle"]
        name = line.name if len(line.name) <= 30 else f"{line.name[:17]}…{line.name[-12:]}"
        seeds = f" · n {line.n}" if line.low is not None else ""
        yield (
            f'<g class="{marks.css_classes(line.mark)}"><line class="curve" x1="{x}" x2="{x + 24}" y1="{y}" y2="{y}"/>'
            f'<path class="point" transform="translate({x + 12} {y})" d="{shape}"/>'
            f'<text class="name" x="{x + 32}" y="{y + 4}">{escape(name)}{seeds}</text></g>'
        )
