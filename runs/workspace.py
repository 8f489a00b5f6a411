"""The runs of a project as a table: filtered, sorted, grouped, one page of its lines.

Everything but the rows of the page comes from the columns in memory (runs/table/), so a project of thousands costs
little more than one of ten.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np

from runs.models import Project, Run, Sweep
from runs.query import QueryError
from runs.states import State
from runs.table.choose import Choice, choose, nothing
from runs.table.columns import RunColumns
from runs.table.groups import Line, Lines
from runs.table.order import SortKey, ordered, sort_keys
from runs.table.shown import Shown, measured_keys, shown_columns
from runs.table.store import columns_of

PAGE = 200
#: Runs that are drawn when the address names none.
FIRST_SHOWN = 10
#: Grouped by this when nobody says otherwise: the trials of a sweep fold into one line.
FOLDED = "sweep"


@dataclass(frozen=True)
class Asked:
    """What an address asks of the table, as texts; ``page`` counts from 1."""

    q: str = ""
    sort: str = ""
    group: str = ""
    cols: str = ""
    pin: str = ""
    page: int = 1
    opened: Collection[str] = ()
    #: The runs to draw; None: the first of the table.
    show: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Problem:
    """Something the address asks for that cannot be had: ``name`` of the parameter, its text, what is wrong."""

    name: str
    text: str
    error: QueryError


@dataclass(frozen=True)
class Workspace:
    """One page of a project's runs. ``columns`` may be read only while the block of ``workspace`` is open."""

    slug: str
    asked: Asked
    columns: RunColumns
    choice: Choice
    places: np.ndarray
    sort: list[SortKey]
    group: list[str]
    shown: Shown
    lines: list[Line]
    pages: int
    page: int
    groups: int
    runs: dict[str, Run]
    sweeps: dict[str, Sweep]
    drawn: list[str]
    chart_keys: list[str]
    problems: list[Problem] = field(default_factory=list)

    @property
    def hidden(self) -> int:
        """How many runs the filter keeps out."""
        return self.choice.total - self.choice.matching

    @property
    def is_folded(self) -> bool:
        """Whether it is grouped as always: trials in their sweep."""
        return self.group == [FOLDED] and not self.asked.group

    @property
    def chart_runs(self) -> list[Run]:
        """The runs that a person can draw: those of the page's lines, and the drawn ones wherever they are."""
        ids = dict.fromkeys([*_ids(self.columns, self.lines), *self.drawn])
        return [self.runs[pk] for pk in ids if pk in self.runs]


@contextmanager
def workspace(project: Project, asked: Asked) -> Iterator[Workspace]:
    """The page that is asked for: six queries at most once nothing has changed since the last time.

    What cannot be had stands in ``problems``: a filter that is wrong lets nothing through, a wrong order or group
    is as if it was not asked for.
    """
    with columns_of(project.pk) as columns:
        problems: list[Problem] = []
        choice, sort, group = _understood(columns, asked, problems)
        places = ordered(columns, choice.places, sort)
        lines = Lines(columns, places, group, asked.opened, loose=not asked.group)
        pages = max(1, -(-lines.count // PAGE))
        page = min(max(1, asked.page), pages)
        on_page = lines.page((page - 1) * PAGE, PAGE)
        drawn = _drawn(columns, places, asked)
        yield Workspace(
            slug=project.slug,
            asked=asked,
            columns=columns,
            choice=choice,
            places=places,
            sort=sort,
            group=group,
            shown=shown_columns(columns, places, asked.cols, asked.pin, [key.key for key in sort]),
            lines=on_page,
            pages=pages,
            page=page,
            groups=lines.groups,
            runs=_runs([*_ids(columns, on_page), *drawn]),
            sweeps=_sweeps(columns, on_page) if group == [FOLDED] else {},
            drawn=drawn,
            chart_keys=_chart_keys(columns, places),
            problems=problems,
        )


def _understood(
    columns: RunColumns, asked: Asked, problems: list[Problem]
) -> tuple[Choice, list[SortKey], list[str]]:
    try:
        choice = choose(columns, asked.q, explain=True)
    except QueryError as error:
        problems.append(Problem("q", asked.q, error))
        choice = nothing(columns)
    try:
        sort = sort_keys(columns, asked.sort)
    except QueryError as error:
        problems.append(Problem("sort", asked.sort, error))
        sort = []
    return choice, sort, _group_keys(columns, asked.group or FOLDED, problems)


def _group_keys(columns: RunColumns, text: str, problems: list[Problem]) -> list[str]:
    """ "none" is no group at all."""
    if text == "none":
        return []
    found = []
    for name in filter(None, text.split(",")):
        if full := columns.full_key(name):
            found.append(full)
            continue
        at = text.index(name)
        error = QueryError(
            f"There is no “{name}” to group by", at, at + len(name), nearest=columns.nearest(name)
        )
        problems.append(Problem("group", text, error))
    return found


#: What a line of the table needs of a run; its settings and metrics come from the columns.
_OF_A_RUN = ("id", "name", "tags", "state", "origin", "mark", "version", "step", "max_steps", "objective")


def _ids(columns: RunColumns, lines: list[Line]) -> list[str]:
    return [columns.index.ids[line.place] for line in lines if line.group is None]


def _drawn(columns: RunColumns, places: np.ndarray, asked: Asked) -> list[str]:
    """The runs in the charts: those asked for, else the first that have started."""
    if asked.show is not None:
        return [pk for pk in asked.show if pk in columns.index.places]
    state = columns.column("state")
    started = [place for place in places[:PAGE].tolist() if state.value(place) != State.QUEUED]
    return [columns.index.ids[place] for place in started[:FIRST_SHOWN]]


def _runs(ids: list[str]) -> dict[str, Run]:
    return Run.objects.only(*_OF_A_RUN, "greater_is_better", "archived_at").in_bulk(ids) if ids else {}


def _sweeps(columns: RunColumns, lines: list[Line]) -> dict[str, Sweep]:
    """The sweeps of the page's folded lines, by the name that their group has."""
    told = columns.index.texts["sweep_id"].column()
    ids = {line.group: told.value(line.place) for line in lines if line.group}
    if not any(ids.values()):
        return {}
    found = Sweep.objects.only("id", "name", "objective", "greater_is_better").in_bulk(
        filter(None, ids.values())
    )
    return {name: found[pk] for name, pk in ids.items() if name and pk in found}


def _chart_keys(columns: RunColumns, places: np.ndarray) -> list[str]:
    keys = measured_keys(columns, places)
    return [key for key in keys if not key.startswith(("final/", "test/"))]
