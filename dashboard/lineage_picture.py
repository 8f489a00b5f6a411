"""The lineage of a checkpoint as boxes and lines of an SVG: run → checkpoints → forked runs → their best."""

from dataclasses import dataclass, field

from django.urls import reverse

from dashboard.numbers import grouped, number
from runs.checkpoints.lineage import Lineage
from runs.checkpoints.rank import state_of, value_of
from runs.models import Checkpoint, Run

WIDTH, HEIGHT = 168, 44
#: From one column, and one row, to the next.
COLUMN, ROW = 240, 58
MARGIN = 4
#: Letters that fit into a box.
LETTERS = 19


@dataclass
class Box:
    """``kind`` "run" or "checkpoint"; ``mark`` is the run's."""

    x: int
    y: int
    kind: str
    title: str
    text: str
    href: str
    full_title: str
    mark: int = 0
    is_chosen: bool = False

    @property
    def middle(self) -> int:
        return self.y + HEIGHT // 2


@dataclass
class Picture:
    width: int
    height: int
    boxes: list[Box]
    lines: list[tuple[str, bool]] = field(default_factory=list)


def draw(told: Lineage, metric: str) -> Picture:
    """All boxes in their places; ``lines`` are (SVG path, dashed: something went on from there)."""
    columns = _columns(told, metric)
    rows = max(len(column) for column in columns)
    for at, column in enumerate(columns):
        _place(column, at, rows)
    picture = Picture(
        width=len(columns) * COLUMN - (COLUMN - WIDTH) + 2 * MARGIN,
        height=rows * ROW - (ROW - HEIGHT) + 2 * MARGIN,
        boxes=[box for column in columns for box in column if box.title],
    )
    picture.lines = list(_lines(told, columns))
    return picture


def _columns(told: Lineage, metric: str) -> list[list[Box]]:
    columns = []
    if told.parent is not None:
        columns.append([_run(told.parent, "run")])
        if told.parent_checkpoint is not None:
            columns.append([_checkpoint(told.parent_checkpoint, metric)])
    columns.append([_run(told.run, "forked run" if told.parent else "run")])
    columns.append([_checkpoint(row, metric, row is told.chosen) for row in told.siblings])
    if told.forks:
        columns.append([_run(fork.run, "forked run") for fork in told.forks])
        columns.append([_checkpoint(fork.best, metric) if fork.best else _nothing() for fork in told.forks])
    return columns


def _place(column: list[Box], at: int, rows: int) -> None:
    """Centred between the top and the bottom."""
    above = (rows - len(column)) * ROW // 2
    for row, box in enumerate(column):
        box.x, box.y = MARGIN + at * COLUMN, MARGIN + above + row * ROW


def _lines(told: Lineage, columns: list[list[Box]]) -> list[tuple[str, bool]]:
    own = next(at for at, column in enumerate(columns) if any(box.is_chosen for box in column))
    found = [(_line(columns[own - 1][0], box), False) for box in columns[own]]
    for at in range(own - 1):
        found.append((_line(columns[at][0], columns[at + 1][0]), at == own - 2))
    chosen = next(box for box in columns[own] if box.is_chosen)
    for fork, best in zip(*columns[own + 1 :], strict=True) if told.forks else ():
        found.append((_line(chosen, fork), True))
        if best.title:
            found.append((_line(fork, best), False))
    return found


def _line(start: Box, end: Box) -> str:
    left, right = start.x + WIDTH, end.x - 3
    bend = (left + right) // 2
    return f"M{left} {start.middle}C{bend} {start.middle} {bend} {end.middle} {right} {end.middle}"


def _run(run: Run, what: str) -> Box:
    href = reverse("run_charts", args=[run.pk])
    return Box(0, 0, "run", short(run.name), f"{what} · {run.state}", href, run.name, mark=run.mark)


def _checkpoint(row: Checkpoint, metric: str, is_chosen: bool = False) -> Box:
    value = value_of(row, metric)
    text = state_of(row) if value is None else f"{number(value)} · {state_of(row)}"
    href = f"?ckpt={row.pk}"
    return Box(
        0,
        0,
        "checkpoint",
        f"@ {grouped(row.step)}",
        text,
        href,
        f"{row.run.name} at step {row.step}",
        is_chosen=is_chosen,
    )


def _nothing() -> Box:
    return Box(0, 0, "checkpoint", "", "", "", "")


def short(name: str, letters: int = LETTERS) -> str:
    """The end of a name tells runs apart: "…-lr3e-4-aug"."""
    return name if len(name) <= letters else f"…{name[1 - letters :]}"
