"""Runs side by side: their best measurements, what differs in their configuration, their curves."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from dashboard import best_of_many, numbers, run_charts, seed_groups
from dashboard.compare_parts import evaluated, parted, told
from dashboard.seed_verdict import other_data_head
from dashboard.views.access import project_or_404
from runs.chosen import ids_matching, ids_of_sweeps
from runs.class_compare import class_values
from runs.compare import Comparison, MetricRow, compare
from runs.fairness import OTHER_DATA, fairness
from runs.group_compare import PERCENTS, compare_groups
from runs.models import Project, Run, Series
from runs.query import QueryError
from runs.replicates import Group, group_replicates, listed

#: More columns than this cannot be read side by side.
MOST = 8
#: Runs that the picker offers, latest first.
OFFERED = 100
OFFERED_SWEEPS = 50


@require_safe
def project_compare(request: HttpRequest, project: str) -> HttpResponse:
    """``runs=a,b,c`` (or repeated) are compared, with the trials of ``sweep``; where neither is named, the runs that
    ``q`` lets through. ``base`` among them is the baseline, else the first. ``seeds=1`` groups those that differ only
    by seed, ``seeds=0`` does not; without it they are where there are several. ``ci`` is 90, 95 or 99.
    """
    owner = project_or_404(project)
    asked, problem = asked_runs(owner, request.GET)
    found = in_order(owner, asked, request.GET.get("base", ""))
    context = {
        "project": owner,
        "problem": problem,
        "sweeps": list(owner.sweeps.only("id", "name", "project_id")[:OFFERED_SWEEPS]),
        "missing": [pk for pk in asked if pk not in {run.pk for run in found}],
        "offered": _offered(owner, found),
        "address": reverse("project_compare", args=[owner.slug]),
    }
    if found:
        context |= _compared(request, found)
    return render(request, "compare/page.html", context)


def asked_runs(project: Project, fields: QueryDict) -> tuple[list[str], str]:
    """The ids that an address asks for, and what is wrong with its filter."""
    ids = asked_ids(fields)
    sweeps = [pk for text in fields.getlist("sweep") for pk in text.split(",") if pk]
    ids += ids_of_sweeps(project, sweeps) if sweeps else []
    q = fields.get("q", "")
    if ids or not q:
        return list(dict.fromkeys(ids)), ""
    try:
        return ids_matching(project, q), ""
    except QueryError as error:
        return [], error.sentence


def asked_ids(fields: QueryDict) -> list[str]:
    """The run ids of the address, each once, in their order."""
    ids = [pk for text in fields.getlist("runs") for pk in text.split(",") if pk]
    return list(dict.fromkeys(ids))


def in_order(project: Project, ids: list[str], base: str) -> list[Run]:
    """The runs of ``project`` among ``ids`` in that order, the baseline in front."""
    trainings = project.runs.filter(kind=Run.Kind.TRAINING, pk__in=ids[:200])
    found = {run.pk: run for run in trainings.select_related("sweep").defer("traceback")}
    ordered = [found[pk] for pk in ids if pk in found]
    return sorted(ordered, key=lambda run: run.pk != base)


def _offered(project: Project, chosen: list[Run]) -> list[Run]:
    rows = project.runs.filter(kind=Run.Kind.TRAINING).exclude(pk__in=[run.pk for run in chosen])
    return list(rows.only("id", "name", "mark", "state", "project_id")[:OFFERED])


def _compared(request: HttpRequest, found: list[Run]) -> dict[str, Any]:
    """Runs as columns, or groups of them."""
    groups = group_replicates(found)
    several = any(len(group.runs) > 1 for group in groups)
    shown, is_grouped = columns_of(request, found)
    ci, percent = request.GET.get("ci") or "95", percent_of(request)
    runs = listed(shown)
    view = {"seeds": "1", **({"ci": ci} if percent != 95 else {})} if is_grouped else {}
    return {
        "left_out": len(groups if is_grouped else found) - len(shown),
        "can_group": several or is_grouped,
        "wrong_ci": ci if ci != str(percent) else "",
        "ids": ",".join(run.pk for run in found),
        "base": runs[0].pk,
        "picture_query": urlencode(
            {"runs": ",".join(run.pk for run in found), "base": runs[0].pk, **view}, safe=","
        ),
        "chips": [_chip(group, found, view) for group in shown],
        "charts": seed_groups.with_means(
            run_charts.project_data(runs, _curve_keys(runs), [run.pk for run in runs]), shown, percent
        ),
        **(seed_groups.context(shown, percent) if is_grouped else _context(runs)),
    }


def columns_of(request: HttpRequest, found: list[Run]) -> tuple[list[Group], bool]:
    """The columns, eight at most, and whether they are groups of seeds."""
    groups, seeds = group_replicates(found), request.GET.get("seeds", "")
    is_grouped = seeds == "1" or (any(len(group.runs) > 1 for group in groups) and seeds != "0")
    return (groups[:MOST] if is_grouped else [Group([run], {}) for run in found[:MOST]]), is_grouped


def percent_of(request: HttpRequest) -> int:
    """How sure the intervals are."""
    ci = request.GET.get("ci") or "95"
    return int(ci) if ci in map(str, PERCENTS) else 95


def _context(runs: list[Run]) -> dict[str, Any]:
    comparison = compare(runs)
    rows, classes = parted([_metric(row) for row in comparison.metrics])
    kept = class_values(runs)
    of_evaluations = evaluated(kept, kept.rows(runs) if kept else {}, _metric)
    return {
        **told([Group([run], {}) for run in runs], comparison.config),
        "comparison": comparison,
        "columns": runs,
        "rows": rows,
        "classes": [*of_evaluations, *classes],
        "verdict": _verdict(comparison),
        "fairness": fairness(runs) if len(runs) > 1 else [],
        "many": best_of_many.of_comparison(compare_groups(group_replicates(runs))) if len(runs) > 2 else None,
    }


def _chip(group: Group, runs: list[Run], view: dict[str, str]) -> dict[str, Any]:
    """A column with the addresses of the page without it and with it as the baseline; ``view`` is what else of
    the address they keep."""
    without = [run.pk for run in runs if run not in group.members]
    return {
        "run": group.first,
        "name": group.name,
        "line": seed_groups.line_id(group),
        "members": ",".join(run.pk for run in group.members),
        "counts": seed_groups.counts(group) if view else "",
        "without": "?" + urlencode({"runs": ",".join(without), **view}, safe=","),
        "as_base": "?"
        + urlencode({"runs": ",".join(run.pk for run in runs), "base": group.first.pk, **view}, safe=","),
    }


def _metric(row: MetricRow) -> dict[str, Any]:
    """A row with its differences in words: "▲ +0.0013 better"."""
    cells = [
        {
            "cell": cell,
            "delta": "" if cell.delta is None else numbers.signed(cell.delta),
            "arrow": seed_groups.ARROWS.get(cell.verdict, ""),
        }
        for cell in row.cells
    ]
    return {"row": row, "cells": cells}


def _verdict(comparison: Comparison) -> dict[str, str]:
    """The first metric in a sentence; one seed each, so without a claim."""
    if len(comparison.runs) < 2 or not comparison.metrics:
        return {}
    row = comparison.metrics[0]
    best = [run.name for run, cell in zip(comparison.runs, row.cells, strict=True) if cell.is_best]
    if not best:
        return _incomparable(comparison)
    way = "highest" if row.greater_is_better else "lowest"
    names = " and ".join(best) if len(best) < 3 else f"{len(best)} runs"
    return {"head": f"{names} {'has' if len(best) == 1 else 'have'} the {way} {row.key}."}


def _incomparable(comparison: Comparison) -> dict[str, str]:
    if not any(cell.verdict == OTHER_DATA for row in comparison.metrics for cell in row.cells):
        return {}
    return {"head": other_data_head([run.name for run in comparison.runs]), "kind": OTHER_DATA}


def _curve_keys(runs: list[Run]) -> list[str]:
    """The series that are curves: evaluations and training, not the machine's samples or how fast it was."""
    rows = Series.objects.filter(run__in=runs, count__gt=0).values_list("key", "count")
    drawn = {key for key, count in rows if run_charts.is_drawn(key, count)}
    return sorted(key for key in drawn if not key.startswith(("system/", "speed/")))
