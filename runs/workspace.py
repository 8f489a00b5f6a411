"""The runs of a project as a table: filtered, sorted, one page of them with what they measured.

Filter and order come from light rows of all runs (names, tags, states, one value), so a project of
thousands is sorted in milliseconds; specifications and summaries are read for one page only.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from runs.directions import greater_is_better, objectives_of
from runs.models import Project, Run, Series
from runs.queries import is_measure
from runs.series import summaries
from runs.series.summary import Summary
from runs.specs import changed_config, effective_config
from runs.states import State
from trainer_bridge.spec_fields import GROUPS

PAGE = 200
METRIC_COLUMNS = 5
CONFIG_COLUMNS = 6
_NOT_CHARTED = "final/"


@dataclass(frozen=True)
class Workspace:
    """One page of a project's runs. ``total`` runs exist, ``matching`` pass the filter.

    ``metrics`` and ``config`` are the columns, ``values`` the summaries {run: {key: Summary}}, ``settings``
    the effective configuration {run: {name: value}}, ``directions`` {key: greater is better}.
    """

    runs: list[Run]
    total: int
    matching: int
    page: int
    pages: int
    q: str
    sort: str
    metrics: list[str]
    config: list[str]
    values: dict[str, dict[str, Summary]]
    settings: dict[str, dict[str, Any]]
    directions: dict[str, bool]
    chart_keys: list[str] = field(default_factory=list)

    @property
    def hidden(self) -> int:
        """How many runs the filter keeps out."""
        return self.total - self.matching

    def best(self, run_id: str, key: str) -> float | None:
        """The best value of one run in one metric column."""
        summary = self.values.get(run_id, {}).get(key)
        return summary.best(self.directions[key]) if summary else None


def workspace(project: Project, *, q: str = "", sort: str = "", page: int = 1) -> Workspace:
    """The page ``page`` (from 1) of the runs matching ``q`` in the order ``sort``: seven queries at most.

    ``sort`` is "name", "state", "created", a series key or a setting ("args.learning_rate"); "-" reverses it.
    Trials of a sweep stand together, at the place of the first of them.
    """
    columns = ("pk", "name", "tags", "state", "sweep_id")
    light: list[Light] = list(Run.objects.filter(project=project).values_list(*columns))
    matching = [row for row in light if matches(row[1], row[2], row[3], q)]
    ordered = _together(_ordered(matching, sort or "-created"))
    pages = max(1, -(-len(ordered) // PAGE))
    page = min(max(1, page), pages)
    runs = _runs([row[0] for row in ordered[(page - 1) * PAGE : page * PAGE]])
    return _filled(runs, total=len(light), matching=len(matching), page=page, pages=pages, q=q, sort=sort)


def matches(name: str, tags: Sequence[str], state: str, q: str) -> bool:
    """Whether every word of ``q`` is part of the name or of a tag, or is the state."""
    texts = [name.lower(), *(tag.lower() for tag in tags)]
    return all(word == state or any(word in text for text in texts) for word in q.lower().split())


#: id, name, tags, state, sweep id
Light = tuple[str, str, Any, str, str | None]


def _ordered(rows: list[Light], sort: str) -> list[Light]:
    """Rows without the value come last, whichever way round."""
    key, reverse = sort.removeprefix("-"), sort.startswith("-")
    if key == "created":
        # The model's own order is newest first.
        return rows if reverse else rows[::-1]
    values = _sort_values([row[0] for row in rows], key, rows)
    known = [row for row in rows if values.get(row[0]) is not None]
    unknown = [row for row in rows if values.get(row[0]) is None]
    return sorted(known, key=lambda row: _comparable(values[row[0]]), reverse=reverse) + unknown


def _sort_values(ids: list[str], key: str, rows: list[Light]) -> dict[str, Any]:
    if key == "name":
        return {row[0]: row[1].lower() for row in rows}
    if key == "state":
        return {row[0]: list(State).index(State(row[3])) for row in rows}
    if key == "recipe" or key.partition(".")[0] in GROUPS:
        specs = Run.objects.filter(pk__in=ids).values_list("pk", "spec")
        return {pk: effective_config(spec).get(key) for pk, spec in specs}
    greater = greater_is_better(key, _objectives(key, ids))
    found = Series.objects.filter(run__in=ids, key=key).values_list("run_id", "max" if greater else "min")
    return dict(found)


def _objectives(key: str, ids: list[str]) -> dict[str, bool]:
    told = Run.objects.filter(pk__in=ids, objective=key).values_list("greater_is_better", flat=True).first()
    return {} if told is None else {key: told}


def _comparable(value: Any) -> tuple[bool, Any]:
    """Numbers before texts, so that a setting of mixed kinds still sorts."""
    return (True, str(value)) if not isinstance(value, (int, float)) else (False, value)


def _together(rows: list[Light]) -> list[Light]:
    """The trials of a sweep move up to the first of them."""
    groups: dict[str, list[Light]] = {}
    for row in rows:
        groups.setdefault(row[4] or f"run {row[0]}", []).append(row)
    return [row for group in groups.values() for row in group]


def _runs(ids: list[str]) -> list[Run]:
    """These runs in this order, without the two long texts that no table shows."""
    rows = Run.objects.filter(pk__in=ids).select_related("sweep").defer("traceback", "environment")
    found = {run.pk: run for run in rows}
    return [found[pk] for pk in ids if pk in found]


def _filled(runs: list[Run], **rest: Any) -> Workspace:
    ids = [run.pk for run in runs]
    counts = Series.objects.filter(~Q(key__startswith=_NOT_CHARTED), run__in=ids, count__gt=0)
    keys = sorted(set(counts.values_list("key", flat=True).distinct()))
    objectives = objectives_of(runs)
    metrics = metric_columns(keys, objectives)
    settings = {run.pk: effective_config(run.spec) for run in runs}
    return Workspace(
        runs=runs,
        metrics=metrics,
        config=config_columns(runs, settings),
        values=summaries(ids, metrics) if metrics else {},
        settings=settings,
        directions={key: greater_is_better(key, objectives) for key in metrics},
        chart_keys=[key for key in keys if not key.startswith("test/")],
        **rest,
    )


def metric_columns(keys: Iterable[str], objectives: dict[str, bool]) -> list[str]:
    """The metrics a table shows: objectives, the loss of the evaluation, then eval, test, training loss."""
    shown = [
        key for key in keys if is_measure(key) and (key.startswith(("eval/", "test/")) or key == "train/loss")
    ]
    places = {"eval": 0, "test": 1, "train": 2}
    order = sorted(
        shown, key=lambda key: (key not in objectives, key != "eval/loss", places[key.split("/")[0]], key)
    )
    return order[:METRIC_COLUMNS]


def config_columns(runs: Sequence[Run], settings: dict[str, dict[str, Any]]) -> list[str]:
    """The settings that somebody changed and that differ between these runs; of one run those it changed."""
    changed = list(dict.fromkeys(name for run in runs for name in changed_config(run.spec)))
    if len(runs) > 1:
        changed = [name for name in changed if len({repr(row.get(name)) for row in settings.values()}) > 1]
    recipes = {run.spec.get("recipe") for run in runs}
    return (["recipe"] if len(recipes) > 1 else []) + changed[:CONFIG_COLUMNS]
