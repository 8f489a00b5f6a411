"""A report's text as HTML, for its page, its preview, a shared link and a file; and as Markdown with pictures."""

import html
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from dashboard import marks
from dashboard.markdown import render as markdown
from dashboard.pictures.curves import SHAPES
from dashboard.reports.blocks import shown
from dashboard.reports.shown import Cell, Shown, Table
from runs.models import Project
from runs.reports.choose import BlockError
from runs.reports.syntax import Block, Problem, Text, parse


@dataclass
class Part:
    """A piece of Markdown or a block, as HTML or with what is wrong; ``shown`` is what the block comes to."""

    line: int
    kind: str = ""
    html: SafeString = field(default_factory=SafeString)
    shown: Shown | None = None
    text: str = ""
    problems: list[Problem] = field(default_factory=list)

    @property
    def runs(self) -> str:
        return ",".join(self.shown.runs) if self.shown else ""


def parts_of(project: Project, text: str, links: bool = True) -> list[Part]:
    """The parts of a report. Never raises for what its author wrote. ``links``: names lead to the pages of Trainboard,
    which nobody without an account could open."""
    return [_part(project, part, links) for part in parse(text)]


def problems_of(parts: list[Part]) -> list[Problem]:
    """Everything that is wrong, by line."""
    return [problem for part in parts for problem in part.problems]


def _part(project: Project, part: Text | Block, links: bool) -> Part:
    if isinstance(part, Text):
        return Part(part.line, html=markdown(part.text), text=part.text)
    if part.problems:
        return _faulty(part, part.problems)
    try:
        found = shown(project, part)
    except BlockError as error:
        return _faulty(part, [error.problem])
    return Part(part.line, part.kind, block_html(part.kind, found, links), found)


def _faulty(block: Block, problems: list[Problem]) -> Part:
    said = render_to_string("reports/_problems.html", {"problems": problems})
    return Part(block.line, block.kind or "block", SafeString(said), problems=problems)


def block_html(kind: str, found: Shown, links: bool) -> SafeString:
    """A block as HTML."""
    context = {"kind": kind, "shown": found, "links": links, "swatches": _swatches(found)}
    return SafeString(render_to_string("reports/_block.html", context))


def _swatches(found: Shown) -> dict[int, SafeString]:
    """The marks that a block needs, as pictures that load nothing."""
    cells = [*found.table.heads, *(cell for row in found.table.rows for cell in row)] if found.table else []
    wanted = {cell.mark for cell in cells if cell.mark is not None}
    if found.mark is not None:
        wanted.add(found.mark)
    return {number: swatch(number) for number in wanted}


def swatch(number: int) -> SafeString:
    """The picture of a mark: its line and its shape."""
    shape = SHAPES.get(marks.shape(number), "")
    return SafeString(
        f'<svg class="swatch {marks.css_classes(number)}" viewBox="0 0 26 12" aria-hidden="true">'
        '<line class="curve" x1="1" x2="25" y1="6" y2="6"/>'
        f'<path class="point" transform="translate(13 6)" d="{shape}"/></svg>'
    )


# --- as Markdown ---


def markdown_of(title: str, parts: list[Part]) -> tuple[str, dict[str, str]]:
    """(text, {"images/…svg": picture}): blocks as tables and pictures."""
    pictures: dict[str, str] = {}
    texts = [f"# {title}"]
    for part in parts:
        texts.append(
            part.text.strip() if part.shown is None else "\n\n".join(_block_text(part.shown, pictures))
        )
        texts += [f"> {problem}" for problem in part.problems]
    return "\n\n".join(text for text in texts if text) + "\n", pictures


def _block_text(found: Shown, pictures: dict[str, str]) -> Iterator[str]:
    if found.title:
        yield f"**{_plain(found.title)}**"
    if found.lead or found.rest:
        yield " ".join(filter(None, [f"**{_plain(found.lead)}**" if found.lead else "", _plain(found.rest)]))
    for name, picture in found.pictures:
        path = f"images/{len(pictures) + 1:02d}.svg"
        pictures[path] = picture
        yield f"![{_plain(name)}]({path})"
    if found.table:
        yield _table_text(found.table)
    if found.foot:
        yield f"_{_plain(found.foot)}_"


def _table_text(table: Table) -> str:
    lines = [_row_text(table.heads), "|" + " --- |" * len(table.heads), *map(_row_text, table.rows)]
    return "\n".join(lines)


def _row_text(cells: list[Cell]) -> str:
    texts = [" ".join(filter(None, [_plain(cell.text), _plain(cell.note)])) for cell in cells]
    return "| " + " | ".join(texts) + " |"


def _plain(text: str) -> str:
    """A text that means nothing to Markdown or HTML."""
    for sign in "\\`*_[]|<>#":
        text = text.replace(sign, f"\\{sign}" if sign not in "<>" else html.escape(sign))
    return text.replace("\n", " ")


def context_of(parts: list[Part]) -> dict[str, Any]:
    """What templates/reports/_body.html needs."""
    return {"parts": parts, "problems": problems_of(parts)}
