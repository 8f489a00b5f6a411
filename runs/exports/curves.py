"""Curves of a run as pictures: SVG, drawn here, so that a model card needs neither a browser nor a drawing library."""

import math
import re
from collections.abc import Iterator
from xml.sax.saxutils import escape

import numpy as np

from runs import series
from runs.models import Checkpoint

#: Pictures in a card, and the points of one.
MOST = 6
_POINTS = 400
_WIDTH, _HEIGHT = 640, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 16, 30, 28
#: What tells most of a training, in this order, after its objective.
_FIRST = ("train/loss", "eval/loss", "eval/", "train/learning_rate", "train/grad_norm")
_STYLE = (
    "text{font:11px Inter,system-ui,sans-serif;fill:#454D57}.t{font-size:12px;font-weight:600;fill:#15181C}"
    "line{stroke:#ECEEF1}.c{stroke:#454D57;stroke-dasharray:2 3}"
    "polyline{fill:none;stroke:#007BEE;stroke-width:1.75;stroke-linejoin:round}"
)


def curves(checkpoint: Checkpoint) -> dict[str, bytes]:
    """{"curves/eval-accuracy.svg": picture} of the series that tell most, the checkpoint's step marked in each."""
    run = checkpoint.run
    keys = _chosen(run.objective, list(series.keys([run.pk])))
    found = series.read([run.pk], keys, max_points=_POINTS) if keys else []
    by_key = {one.key: one for one in found if np.isfinite(one.y).any()}
    return {
        f"curves/{re.sub(r'[^a-z0-9]+', '-', key.lower()).strip('-')}.svg": picture(
            key, by_key[key].x, by_key[key].y, checkpoint.step
        )
        for key in keys
        if key in by_key
    }


def picture(title: str, x: np.ndarray, y: np.ndarray, step: int) -> bytes:
    """One curve as SVG; where values are not finite there is a gap. ``step`` is marked by a dotted line."""
    shown = y[np.isfinite(y)]
    across = _scale(float(x.min()), float(x.max()), _LEFT, _WIDTH - _RIGHT)
    up = _scale(float(shown.min()), float(shown.max()), _HEIGHT - _BOTTOM, _TOP)
    marks = [*_grid(shown, up), *_ends(x, across), _step_line(step, x, across)]
    lines = [f'<polyline points="{_points(part, across, up)}"/>' for part in _pieces(x, y)]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img"'
    name = escape(title, {'"': "&quot;"})
    body = [
        f'{head} aria-label="{name}">',
        f"<style>{_STYLE}</style>",
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#FFFFFF"/>',
        f'<text class="t" x="{_LEFT}" y="18">{name}</text>',
        *marks,
        *lines,
        "</svg>\n",
    ]
    return "\n".join(body).encode()


def _chosen(objective: str, keys: list[str]) -> list[str]:
    order = {key: place for place, key in enumerate(sorted(keys))}

    def rank(key: str) -> tuple[int, int]:
        first = next((place for place, start in enumerate(_FIRST) if key.startswith(start)), len(_FIRST))
        return (-1 if key == objective else first), order[key]

    told = [key for key in keys if key == objective or key.startswith(_FIRST)]
    return sorted(told, key=rank)[:MOST]


class _scale:
    """From values to pixels; one value alone stands in the middle."""

    def __init__(self, low: float, high: float, start: float, end: float) -> None:
        self._low, self._width = low, high - low
        self._start, self._end = start, end

    def __call__(self, value: float) -> float:
        share = (value - self._low) / self._width if self._width else 0.5
        return round(self._start + share * (self._end - self._start), 1)


def _pieces(x: np.ndarray, y: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The stretches of finite values."""
    for part in np.split(np.arange(len(y)), np.flatnonzero(~np.isfinite(y))):
        kept = part[np.isfinite(y[part])]
        if len(kept):
            yield x[kept], y[kept]


def _points(part: tuple[np.ndarray, np.ndarray], across: _scale, up: _scale) -> str:
    pairs = [f"{across(float(a))},{up(float(b))}" for a, b in zip(*part, strict=True)]
    # A point alone draws nothing; the same point twice does.
    return " ".join(pairs * 2 if len(pairs) == 1 else pairs)


def _grid(y: np.ndarray, up: _scale) -> Iterator[str]:
    for value in ticks(float(y.min()), float(y.max())):
        at = up(value)
        yield f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{at}" y2="{at}"/>'
        yield f'<text x="{_LEFT - 6}" y="{at + 4}" text-anchor="end">{value:.4g}</text>'


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """At most ``most`` round values from ``low`` to ``high``."""
    if low == high:
        return [low]
    rough = (high - low) / (most - 1)
    size = 10.0 ** math.floor(math.log10(rough))
    width = next(size * factor for factor in (1, 2, 5, 10) if size * factor >= rough)
    first = math.ceil(low / width)
    return [number * width for number in range(first, math.floor(high / width) + 1)]


def _ends(x: np.ndarray, across: _scale) -> Iterator[str]:
    low, high = float(x.min()), float(x.max())
    for value, anchor in ((low, "start"), (high, "end")) if low < high else ((low, "middle"),):
        yield f'<text x="{across(value)}" y="{_HEIGHT - 8}" text-anchor="{anchor}">step {value:.0f}</text>'


def _step_line(step: int, x: np.ndarray, across: _scale) -> str:
    if not float(x.min()) <= step <= float(x.max()):
        return ""
    at = across(step)
    return f'<line class="c" x1="{at}" x2="{at}" y1="{_TOP}" y2="{_HEIGHT - _BOTTOM}"/>'
