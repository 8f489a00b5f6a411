"""The compare page as one picture: verdict, metrics, curves."""

import textwrap
from collections.abc import Iterator, Sequence
from html import escape

from dashboard import marks, numbers
from dashboard.pictures.curves import SHAPES, curves_picture
from dashboard.pictures.style import picture_style
from dashboard.seed_groups import ARROWS
from dashboard.seed_verdict import verdict_of
from runs.group_compare import GroupCell, GroupComparison
from runs.reports.lines import Line

WIDTH = 1120
_EDGE, _ROW, _LETTERS = 24, 38, 150
_FIRST_COLUMN = 220
#: Metrics in the table, and curves below it.
MOST_ROWS, MOST_CURVES = 12, 4
_SIZE = 'width="{width}" height="{height}"'


def comparison_picture(
    comparison: GroupComparison, curves: Sequence[tuple[str, list[Line]]], axis: str
) -> str:
    """An SVG that stands alone. ``curves`` are (key, lines)."""
    body: list[str] = []
    y = 36
    for kind, text in _sentences(comparison):
        body.append(f'<text class="{kind}" x="{_EDGE}" y="{y}">{escape(text)}</text>')
        y += 20
    y += 12
    body += _table(comparison, y)
    y += _ROW * (1 + min(len(comparison.metrics), MOST_ROWS)) + 16
    for place, (key, lines) in enumerate(curves[:MOST_CURVES]):
        picture = curves_picture(key, lines, axis, width=(WIDTH - 3 * _EDGE) // 2)
        left = _EDGE if place % 2 == 0 else WIDTH // 2 + _EDGE // 4
        body.append(picture.replace("<svg ", f'<svg x="{left}" y="{y}" {_size_of(picture)} ', 1))
        if place % 2 or place == len(curves[:MOST_CURVES]) - 1:
            y += 320 + 18 * ((len(lines) + 1) // 2)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="picture" width="{WIDTH}" height="{y}" '
        f'viewBox="0 0 {WIDTH} {y}" role="img" aria-label="Comparison"><style>{picture_style()}</style>'
        f'<rect class="ground" width="{WIDTH}" height="{y}"/>{"".join(body)}</svg>'
    )


def _size_of(picture: str) -> str:
    """Width and height of an SVG by its view box; nested without them it would fill everything."""
    width, height = picture.split('viewBox="0 0 ', 1)[1].split('"', 1)[0].split()
    return _SIZE.format(width=width, height=height)


def _sentences(comparison: GroupComparison) -> Iterator[tuple[str, str]]:
    verdict = verdict_of(comparison)
    if verdict is None:
        yield "title", "Comparison"
        return
    yield from (("title", line) for line in textwrap.wrap(verdict.head, _LETTERS))
    yield from (("name", line) for line in textwrap.wrap(verdict.rest, _LETTERS))


def _table(comparison: GroupComparison, top: int) -> Iterator[str]:
    width = (WIDTH - 2 * _EDGE - _FIRST_COLUMN) / max(1, len(comparison.groups))
    for place, group in enumerate(comparison.groups):
        yield _head(group.name, group.first.mark, _EDGE + _FIRST_COLUMN + place * width, top, width)
    for number, row in enumerate(comparison.metrics[:MOST_ROWS], start=1):
        y = top + number * _ROW
        yield f'<line class="grid" x1="{_EDGE}" x2="{WIDTH - _EDGE}" y1="{y - 20}" y2="{y - 20}"/>'
        yield f'<text class="name" x="{_EDGE}" y="{y}">{escape(row.key)}</text>'
        for place, cell in enumerate(row.cells):
            yield _cell(cell, _EDGE + _FIRST_COLUMN + place * width, y)


def _head(name: str, mark: int, x: float, y: float, width: float) -> str:
    shape = SHAPES[marks.shape(mark) or "circle"]
    most = max(8, int(width / 7) - 6)
    short = name if len(name) <= most else f"{name[: most - 9]}…{name[-8:]}"
    return (
        f'<g class="{marks.css_classes(mark)}"><line class="curve" x1="{x}" x2="{x + 24}" y1="{y - 4}" y2="{y - 4}"/>'
        f'<path class="point" transform="translate({x + 12} {y - 4})" d="{shape}"/>'
        f'<text class="strong" x="{x + 30}" y="{y}">{escape(short)}</text></g>'
    )


def _cell(cell: GroupCell, x: float, y: float) -> str:
    if cell.mean is None:
        return f'<text x="{x}" y="{y}">{numbers.UNKNOWN}</text>'
    half = "" if cell.mean.half is None else f" ± {numbers.rough(cell.mean.half)}"
    best = "best" if cell.is_best else "tied best" if cell.is_tied else ""
    told = ""
    if cell.difference is not None and cell.verdict in ("better", "worse", "noise"):
        word = "≈ noise" if cell.verdict == "noise" else cell.verdict
        told = f"{ARROWS.get(cell.verdict, '')} {numbers.signed(cell.difference.value)} {word}".strip()
    return (
        f'<text x="{x}" y="{y}"><tspan class="strong">{numbers.number(cell.mean.mean)}</tspan>{half} n {cell.n}</text>'
        f'<text x="{x}" y="{y + 14}"><tspan class="strong">{best}</tspan> '
        f'<tspan class="{cell.verdict or "same"}">{told}</tspan></text>'
    )
