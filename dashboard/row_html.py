"""The lines of the runs table as HTML, put together here because a template needs a second for 8,000 cells.

Every text from outside goes through ``escape`` in this module; nothing else is put into the markup.
"""

from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from html import escape
from urllib.parse import quote

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from dashboard import marks
from dashboard.templatetags.trainboard import NAME_TAIL, icon
from runs.models import Run, Sweep
from runs.table.groups import Line


def kind_of(at: int, pinned: int) -> str:
    """The attribute of the cells of column ``at``, of which the first ``pinned`` stay beside the name."""
    return f' class="pinned pin-{at}"' if at < pinned else ""


def cell(text: str, kind: str = "", title: str = "") -> str:
    """One cell. As few characters as can be: there may be 8,000 of them on a page."""
    told = f' title="{_escape(title)}"' if title else ""
    return f"<td{kind}{told}>{_escape(text)}</td>"


def metric_cells(
    texts: Iterable[str], lasts: Iterable[float], are_best: Iterable[bool], kind: str
) -> list[str]:
    """A column of measured values; ``texts`` are numbers as we write them, in which nothing has to be escaped."""
    return [
        f'<td{kind} title="best; last {last:.4g}">'
        + (f'<span class="best">{text}</span></td>' if is_best else f"{text}</td>")
        for text, last, is_best in zip(texts, lasts, are_best, strict=True)
    ]


def run_row(
    run: Run, cells: Sequence[str], shown: bool, percent: float | None, depth: int, slug: str
) -> SafeString:
    """A run: tick, eye, state, name with tags, cells, progress. ``slug`` is its project's."""
    name = escape(run.name)
    tags = "".join(f' <span class="tag">{escape(tag)}</span>' for tag in run.tags[:1])
    if len(run.tags) > 1:
        tags += f' <span class="hint" title="{escape(", ".join(run.tags))}">+{len(run.tags) - 1}</span>'
    if run.archived_at:
        tags += ' <span class="chip">archived</span>'
    return mark_safe(  # noqa: S308 (escaped above and in the parts)
        f'<tr data-run="{run.pk}" data-state="{run.state}" data-name="{name}" data-version="{run.version}" '
        f'data-max-steps="{run.max_steps or ""}"{" data-inside" if depth else ""}>'
        f'<td class="tight"><input type="checkbox" data-select aria-label="Select {name}"></td>'
        f'<td class="tight"><button class="eye" type="button" data-eye data-mark="{run.mark}" '
        f'aria-pressed="{str(shown).lower()}" aria-label="Show {name} in the charts" '
        f'title="Show or hide in the charts (E)">{_eye(shown, run.mark)}</button></td>'
        f'<td class="tight">{_state(run.state)}</td>'
        f'<th scope="row" class="name-column"><span class="name-cell">'
        f'<a href="{_link("run_charts", run.pk)}">{_middle(run.name)}</a>{_clone(run, slug)}{tags}</span></th>'
        f"{''.join(cells)}{_progress(run.state, percent)}</tr>"
    )


def group_row(
    line: Line,
    sweep: Sweep | None,
    labels: list[tuple[str, str]],
    cells: Sequence[str],
    state: str,
    done: str,
) -> SafeString:
    """A group: fold, what its runs have in common, how many they are, cells, how many have ended."""
    words = ", ".join(f"{key} {value}" for key, value in labels)
    count = f"{len(line.places)} {'trial' if sweep else 'run'}{'' if len(line.places) == 1 else 's'}"
    link = f'<a href="{_link("sweep", sweep.pk)}">{_middle(sweep.name)}</a>' if sweep else _labels(labels)
    chip = f'<td colspan="2" class="tight"><span class="chip">{"sweep" if sweep else "group"}</span></td>'
    return mark_safe(  # noqa: S308 (escaped here and in the parts)
        f'<tr class="sweep-row" data-group="{line.group}"{_attribute("data-sweep", sweep.pk if sweep else "")}>'
        f'<td class="tight"><a class="icon-button fold" data-fold="{line.group}" '
        f'href="?open={quote(line.group or "")}" aria-expanded="{str(line.is_open).lower()}" '
        f'aria-label="Runs of {escape(words)}">{_icon("chevron-right")}</a></td>{chip}'
        f'<th scope="row" class="name-column"><span class="name-cell">{_state(state)}{link} '
        f'<span class="quiet">{count}</span></span></th>'
        f'{"".join(cells)}<td class="progress-column quiet">{done}</td></tr>'
    )


def _clone(run: Run, slug: str) -> str:
    """What was started elsewhere cannot be started again here."""
    if run.is_external:
        return ""
    link, label = f"{_link('project_new', slug)}?from={run.pk}", f"Clone {escape(run.name)}"
    return (
        f'<a class="icon-button row-clone" href="{link}" aria-label="{label}" '
        f'title="New run with these settings">{_icon("rerun")}</a>'
    )


# The same few texts come again and again.
_escape = lru_cache(10_000)(escape)


def _attribute(name: str, value: str) -> str:
    return f' {name}="{escape(value)}"' if value else ""


def _labels(labels: list[tuple[str, str]]) -> str:
    """The values; whose they are stands above the table and in the title."""
    values = " · ".join(value for _, value in labels)
    title = ", ".join(f"{key} {value}" for key, value in labels)
    return f'<span class="group-label ellipsis" title="{escape(title)}">{escape(values)}</span>'


def _progress(state: str, percent: float | None) -> str:
    if percent is None:
        return '<td class="progress-column"></td>'
    return (
        '<td class="progress-column"><span class="row-progress">'
        f'<span class="number">{percent:.0f} %</span>'
        f'<progress class="state-{state}" value="{percent:.1f}" max="100" aria-hidden="true"></progress></span></td>'
    )


def _middle(text: str) -> str:
    """The same as templates/components/middle.html."""
    start, end = text[:-NAME_TAIL], text[-NAME_TAIL:]
    if not start:
        return escape(text)
    whole = escape(text)
    return (
        f'<span class="visually-hidden">{whole}</span><span class="middle" aria-hidden="true" title="{whole}">'
        f'<span class="middle-start">{escape(start)}</span><span class="middle-end">{escape(end)}</span></span>'
    )


def _link(name: str, pk: str) -> str:
    return f"{_prefix(name)}".replace("ID", pk)


@cache
def _prefix(name: str) -> str:
    return reverse(name, args=["ID"])


@cache
def _icon(name: str) -> str:
    return str(icon(name))


@cache
def _state(state: str) -> str:
    return render_to_string("components/state_icon.html", {"state": state}).strip()


def _eye(shown: bool, mark: int) -> str:
    """Marks repeat after the 24th."""
    return _icon("eye" if shown else "eye-off") + _mark(min(mark, 13 + (mark - 1) % 12) if shown else 0)


@cache
def _mark(number: int) -> str:
    context = {"classes": marks.css_classes(number), "shape": marks.shape(number)}
    return render_to_string("components/mark.html", context).strip()
