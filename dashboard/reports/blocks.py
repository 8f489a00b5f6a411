"""Each kind of block, from what it asks for to what it shows. Raises BlockError where it cannot."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, cast

from django.urls import reverse

from dashboard import numbers
from dashboard.pictures.curves import curves_picture
from dashboard.reports.shown import Cell, Shown, Table
from dashboard.seed_groups import ARROWS
from dashboard.seed_verdict import verdict_of
from runs.fairness import OTHER_DATA
from runs.group_compare import PERCENTS, GroupCell, GroupComparison, compare_groups
from runs.models import Project, Run
from runs.queries import latest_values
from runs.replicates import group_replicates
from runs.reports import choose, lines
from runs.reports.syntax import Block
from runs.series.read import Axis
from runs.sweeps.results import Trial, results

#: Metrics of a run's card, and trials of a sweep's.
MOST_METRICS, MOST_TRIALS = 6, 5
#: More groups than these cannot be read side by side.
MOST_COLUMNS = 8
_SMOOTHEST = 0.99


def shown(project: Project, block: Block) -> Shown:
    """What ``block`` shows. Raises BlockError."""
    return _KINDS[block.kind](project, block)


def _chart(project: Project, block: Block) -> Shown:
    runs = choose.runs_of(project, block)
    axis = cast(Axis, choose.word_of(block, "x", choose.AXES))
    amount = choose.share_of(block, "smoothing", _SMOOTHEST)
    by_seeds, log = choose.is_on(block, "seeds"), choose.is_on(block, "log")
    read = lines.lines_of_groups if by_seeds else lines.lines_of_runs
    pictures = []
    for key in choose.series_of(block, runs):
        drawn = [lines.smoothed(line, amount) for line in read(runs, key, axis)]
        pictures.append((key, curves_picture(key, drawn, axis, log=log)))
    foot = "mean over seeds, band: 95 % interval" if by_seeds else ""
    if amount:
        foot += f"{' · ' if foot else ''}smoothed {amount:g}"
    return Shown(title=block.get("title"), pictures=pictures, foot=foot, runs=[run.pk for run in runs])


def _table(project: Project, block: Block) -> Shown:
    found = choose.rows_of(project, block)
    ids = [row["id"] for row in found.rows]
    marks = dict(project.runs.filter(pk__in=ids).values_list("pk", "mark"))
    heads = [Cell("run"), Cell("state"), *(Cell(numbers.setting_name(key)) for key in found.keys)]
    rows = [
        [
            Cell(row["name"], marks.get(row["id"], 0), reverse("run_charts", args=[row["id"]])),
            Cell(row["state"]),
            *(Cell(_value(key, row["values"][key])) for key in found.keys),
        ]
        for row in found.rows
    ]
    more = found.matching - len(rows)
    foot = f"{more} more {'run' if more == 1 else 'runs'} not shown" if more > 0 else ""
    return Shown(title=block.get("title"), table=Table(heads, rows), foot=foot, runs=ids)


def _value(key: str, value: Any) -> str:
    """Metrics as measured numbers, settings as they are typed."""
    if isinstance(value, int | float) and not isinstance(value, bool) and "/" in key:
        return numbers.number(value)
    return numbers.config_value(value)


def _compare(project: Project, block: Block) -> Shown:
    runs = choose.runs_of(project, block)
    ci = choose.word_of(block, "ci", ("95", *(str(percent) for percent in PERCENTS if percent != 95)))
    base = block.get("base")
    if base and base not in {run.pk for run in runs}:
        raise choose.fault(block, "base", f"The baseline “{base}” is none of the runs that are compared.")
    groups = group_replicates(sorted(runs, key=lambda run: run.pk != base))
    comparison = compare_groups(groups[:MOST_COLUMNS], int(ci) / 100)
    verdict = verdict_of(comparison)
    left = len(groups) - len(comparison.groups)
    return Shown(
        href=f"{reverse('project_compare', args=[project.slug])}?runs={','.join(run.pk for run in runs)}",
        title="Comparison",
        lead=verdict.head if verdict else "",
        rest=verdict.rest if verdict else "",
        table=_comparison_table(comparison),
        foot=f"best of each run, then mean ± {ci} % interval over seeds"
        + (f"; {left} more not shown, eight columns at most" if left else ""),
        runs=[run.pk for run in runs],
    )


def _comparison_table(comparison: GroupComparison) -> Table:
    heads = [
        Cell("metric"),
        *(replace(_run_cell(group.first), text=group.name) for group in comparison.groups),
    ]
    rows = []
    for row in comparison.metrics:
        way = "higher is better" if row.greater_is_better else "lower is better"
        rows.append([Cell(row.key, note=way), *(_group_cell(cell) for cell in row.cells)])
    return Table(heads, rows)


def _group_cell(cell: GroupCell) -> Cell:
    if cell.mean is None:
        return Cell(numbers.UNKNOWN)
    half = "" if cell.mean.half is None else f" ± {numbers.rough(cell.mean.half)}"
    kind = "best" if cell.is_best else "tied" if cell.is_tied else ""
    return Cell(f"{numbers.number(cell.mean.mean)}{half}", kind=kind, note=f"n {cell.n}{_against(cell)}")


def _against(cell: GroupCell) -> str:
    """What a cell says of its difference to the baseline."""
    if cell.difference is None or cell.verdict in ("", "untested", OTHER_DATA):
        return {"untested": " · one seed, no interval", OTHER_DATA: " · other data"}.get(cell.verdict, "")
    if cell.verdict == "same":
        return " · same"
    word = "≈ within noise" if cell.verdict == "noise" else cell.verdict
    return f" · {ARROWS.get(cell.verdict, '')} {numbers.signed(cell.difference.value)} {word}".replace(
        "  ", " "
    )


def _run_card(project: Project, block: Block) -> Shown:
    run = choose.run_of(project, block)
    values = latest_values(run, MOST_METRICS)
    rows = [
        [
            Cell(one.key),
            Cell(numbers.number(one.best)),
            Cell(numbers.grouped(one.best_step)),
            Cell(numbers.number(one.now)),
        ]
        for one in values
    ]
    heads = [Cell("metric"), Cell("best"), Cell("at step"), Cell("last")]
    cell = _run_cell(run)
    return Shown(
        title=run.name,
        href=cell.href,
        mark=run.mark,
        rest=" · ".join(filter(None, [run.state, run.reason, *run.tags])),
        table=Table(heads, rows) if rows else None,
        runs=[run.pk],
    )


def _sweep_card(project: Project, block: Block) -> Shown:
    sweep = choose.sweep_of(project, block)
    found = results(sweep)
    best = found.best
    told = (
        f"best {sweep.objective} {numbers.number(best.value)}"
        if best
        else f"no trial has measured {sweep.objective} yet"
    )
    heads = [
        Cell("trial"),
        Cell(sweep.objective),
        *(Cell(numbers.setting_name(name)) for name in found.params),
    ]
    top = found.top(MOST_TRIALS)
    return Shown(
        title=sweep.name,
        href=reverse("sweep", args=[sweep.pk]),
        rest=f"{found.done} of {len(found.trials)} trials have ended · {told}",
        table=Table(heads, [_trial_row(trial, found.params) for trial in top]) if top else None,
        foot=f"the best {len(top)}" if len(found.trials) > len(top) else "",
        runs=[trial.run.pk for trial in found.trials],
    )


def _trial_row(trial: Trial, params: Sequence[str]) -> list[Cell]:
    values = [Cell(numbers.config_value(trial.params.get(name))) for name in params]
    name = Cell(f"{trial.number}", trial.run.mark, reverse("run_charts", args=[trial.run.pk]))
    return [name, Cell(numbers.number(trial.value)), *values]


def _run_cell(run: Run) -> Cell:
    return Cell(run.name, run.mark, reverse("run_charts", args=[run.pk]))


_KINDS: dict[str, Callable[[Project, Block], Shown]] = {
    "chart": _chart,
    "table": _table,
    "compare": _compare,
    "run": _run_card,
    "sweep": _sweep_card,
}
