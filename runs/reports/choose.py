"""Which runs, series and columns a block of a report means; what cannot be had is told by line."""

import difflib
from collections.abc import Sequence

from runs import series
from runs.listing import Listing, listing
from runs.models import Project, Run, Sweep
from runs.query import QueryError
from runs.reports.syntax import Block, Problem

#: Runs of one chart, columns of one comparison, rows of one table.
MOST = {"chart": 50, "compare": 40, "table": 200}
USUAL = {"chart": 10, "compare": 40, "table": 20}
AXES = ("step", "epoch", "relative", "wall", "tokens")


class BlockError(ValueError):
    """A block cannot be shown; ``problem`` says where and why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.text)
        self.problem = problem


def fault(block: Block, name: str, text: str) -> BlockError:
    return BlockError(block.problem(name, text))


def runs_of(project: Project, block: Block) -> list[Run]:
    """The runs that a block is about, in its order. Raises BlockError when there is none."""
    found = rows_of(project, block)
    if not found.rows:
        raise fault(block, "runs", "No run matches. Filters are written as on the runs page.")
    ids = [row["id"] for row in found.rows]
    by_id = project.runs.select_related("sweep").defer("traceback").in_bulk(ids)
    return [by_id[pk] for pk in ids if pk in by_id]


def rows_of(project: Project, block: Block) -> Listing:
    """The rows of the runs table that a block asks for. Raises BlockError."""
    asked = block.get("runs")
    ids = _ids(project, asked)
    most = MOST[block.kind]
    usual = most if block.get("seeds") == "yes" else USUAL[block.kind]
    limit = number_of(block, "limit", usual, 1, most)
    # Named by id, an archived run is meant too.
    query = f"id:{','.join(ids)} archived:true,false" if ids else asked
    names = {"q": "runs", "sort": "sort", "cols": "columns"}
    try:
        found = listing(
            project,
            q=query,
            sort=block.get("sort"),
            cols=block.get("columns"),
            limit=MOST["table"] if ids else limit,
        )
    except QueryError as error:
        raise fault(block, names.get(error.field, "runs"), error.sentence) from error
    if ids and not block.get("sort"):
        found.rows.sort(key=lambda row: ids.index(row["id"]))
        del found.rows[limit:]
    return found


def _ids(project: Project, text: str) -> list[str]:
    """The ids that a text lists, if it does nothing else."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    known = set(project.runs.filter(pk__in=parts).values_list("pk", flat=True)) if parts else set()
    return parts if parts and known == set(parts) else []


def series_of(block: Block, runs: Sequence[Run]) -> list[str]:
    """The keys of a chart. Raises BlockError for one that none of its runs has measured."""
    asked = [key.strip() for key in block.get("series").split(",") if key.strip()]
    known = sorted(series.keys([run.pk for run in runs]))
    for key in asked:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            more = f" Did you mean “{near[0]}”?" if near else ""
            raise fault(block, "series", f"None of these {len(runs)} runs has measured “{key}”.{more}")
    return list(dict.fromkeys(asked))


def run_of(project: Project, block: Block) -> Run:
    """The run of a card. Raises BlockError."""
    run = project.runs.select_related("sweep", "project").filter(pk=block.get("id")).first()
    if run is None:
        raise fault(
            block, "id", f"There is no run “{block.get('id')}” in {project.name}. It may have been deleted."
        )
    return run


def sweep_of(project: Project, block: Block) -> Sweep:
    """The sweep of a card. Raises BlockError."""
    sweep = project.sweeps.filter(pk=block.get("id")).first()
    if sweep is None:
        raise fault(
            block, "id", f"There is no sweep “{block.get('id')}” in {project.name}. It may have been deleted."
        )
    return sweep


def number_of(block: Block, name: str, usual: float, low: float, high: float) -> int:
    """A whole number of a field, or what is usual. Raises BlockError."""
    return int(_number(block, name, usual, low, high, whole=True))


def share_of(block: Block, name: str, high: float) -> float:
    """A number from 0 to ``high``, 0 when it is not given. Raises BlockError."""
    return _number(block, name, 0.0, 0.0, high, whole=False)


def _number(block: Block, name: str, usual: float, low: float, high: float, whole: bool) -> float:
    text = block.get(name)
    if not text:
        return usual
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not low <= value <= high or (whole and not value.is_integer()):
        kind = "a whole number" if whole else "a number"
        raise fault(block, name, f"“{text}” is not {kind} from {low:g} to {high:g}.")
    return value


def word_of(block: Block, name: str, words: Sequence[str]) -> str:
    """One of ``words``, the first when nothing is given. Raises BlockError."""
    text = block.get(name) or words[0]
    if text not in words:
        raise fault(block, name, f"“{text}” is none of {', '.join(words)}.")
    return text


def is_on(block: Block, name: str) -> bool:
    """Whether a field says yes. Raises BlockError for anything but yes and no."""
    return word_of(block, name, ("no", "yes")) == "yes"
