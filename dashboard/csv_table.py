"""The runs of a project as CSV: every column there is, for a spreadsheet or a script."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

from runs.directions import greater_is_better, objectives_of
from runs.models import Project, Run, Series
from runs.series import summaries
from runs.series.summary import Summary
from runs.specs import effective_config
from runs.workspace import matches

BLOCK = 200
_FIXED = ("id", "name", "state", "reason", "tags", "sweep", "trial", "created", "started", "ended", "step")
_FIXED_MORE = ("max_steps", "epoch", "worker", "objective")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def run_rows(project: Project, q: str = "") -> Iterator[str]:
    """CSV lines, the head first. Metrics have three columns: the best value, its step, and the last value.

    Columns come from one look over all runs; the values are read 200 runs at a time, so memory stays small.
    """
    light = Run.objects.filter(project=project).values_list("pk", "name", "tags", "state")
    ids = [pk for pk, name, tags, state in light if matches(name, tags, state, q)]
    settings = _setting_names(ids)
    keys = _metric_keys(ids)
    metric_heads = [head for key in keys for head in (key, f"{key} step", f"{key} last")]
    yield _line([*_FIXED, *_FIXED_MORE, *settings, *metric_heads])
    for block in _blocks(ids):
        yield from _block(block, settings, keys)


def _blocks(ids: list[str]) -> Iterator[list[str]]:
    return (ids[at : at + BLOCK] for at in range(0, len(ids), BLOCK))


def _setting_names(ids: list[str]) -> list[str]:
    """Every setting that any of the runs has, in the order of the recipes."""
    blocks = (Run.objects.filter(pk__in=block).values_list("spec", flat=True) for block in _blocks(ids))
    specs = (spec for block in blocks for spec in block)
    return list(dict.fromkeys(name for spec in specs for name in effective_config(spec)))


def _metric_keys(ids: list[str]) -> list[str]:
    keys: set[str] = set()
    for block in _blocks(ids):
        rows = Series.objects.filter(run__in=block, count__gt=0).exclude(key__startswith="system/")
        keys.update(rows.values_list("key", flat=True).distinct())
    return sorted(keys)


def _block(ids: list[str], settings: list[str], keys: list[str]) -> Iterator[str]:
    runs = Run.objects.filter(pk__in=ids).select_related("sweep").defer("environment", "traceback")
    found = {run.pk: run for run in runs}
    values = summaries(ids, keys)
    directions = {key: greater_is_better(key, objectives_of(found.values())) for key in keys}
    for pk in ids:
        if run := found.get(pk):
            config = effective_config(run.spec)
            yield _line(
                [*_fixed(run), *(config.get(name) for name in settings), *_metrics(values[pk], directions)]
            )


def _fixed(run: Run) -> list[Any]:
    times = (run.created_at, run.started_at, run.ended_at)
    return [
        *(run.pk, run.name, run.state, run.reason, ", ".join(run.tags)),
        *(run.sweep.name if run.sweep else "", run.trial),
        *(moment.isoformat() if moment else "" for moment in times),
        *(run.step, run.max_steps, run.epoch, run.worker, run.objective),
    ]


def _metrics(found: dict[str, Summary], directions: dict[str, bool]) -> Iterator[Any]:
    for key, greater in directions.items():
        summary = found.get(key)
        yield from (
            (summary.best(greater), summary.best_step(greater), summary.last) if summary else ("", "", "")
        )


def _line(values: Iterable[Any]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow([_safe(value) for value in values])
    return text.getvalue()


def _safe(value: Any) -> Any:
    """A text that a spreadsheet would run as a formula gets an apostrophe; numbers stay numbers."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
