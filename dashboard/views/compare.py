"""Runs side by side: their best measurements, what differs in their configuration, their curves."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from dashboard import numbers, run_charts
from dashboard.views.access import project_or_404
from runs.compare import Comparison, MetricRow, compare
from runs.fairness import fairness
from runs.models import Project, Run, Series

#: More columns than this cannot be read side by side.
MOST = 8
#: Runs that the picker offers, latest first.
OFFERED = 100


@require_safe
def project_compare(request: HttpRequest, project: str) -> HttpResponse:
    """``runs=a,b,c`` (or repeated) are compared, ``base`` among them is the baseline, else the first."""
    owner = project_or_404(project)
    asked = _asked(request)
    found = _in_order(owner, asked, request.GET.get("base", ""))
    context = {
        "project": owner,
        "missing": [pk for pk in asked if pk not in {run.pk for run in found}],
        "left_out": max(0, len(found) - MOST),
        "offered": _offered(owner, found),
        "address": reverse("project_compare", args=[owner.slug]),
    }
    if found:
        context |= _context(found[:MOST])
    return render(request, "compare/page.html", context)


def _asked(request: HttpRequest) -> list[str]:
    """The run ids of the address, each once, in their order."""
    ids = [pk for text in request.GET.getlist("runs") for pk in text.split(",") if pk]
    return list(dict.fromkeys(ids))


def _in_order(project: Project, ids: list[str], base: str) -> list[Run]:
    """The runs of ``project`` among ``ids`` in that order, the baseline in front."""
    found = {run.pk: run for run in project.runs.filter(pk__in=ids[:200]).defer("traceback")}
    ordered = [found[pk] for pk in ids if pk in found]
    return sorted(ordered, key=lambda run: run.pk != base)


def _offered(project: Project, chosen: list[Run]) -> list[Run]:
    rows = project.runs.exclude(pk__in=[run.pk for run in chosen])
    return list(rows.only("id", "name", "mark", "state", "project_id")[:OFFERED])


def _context(runs: list[Run]) -> dict[str, Any]:
    comparison = compare(runs)
    return {
        "comparison": comparison,
        "chips": [_chip(run, runs) for run in runs],
        "rows": [_metric(row) for row in comparison.metrics],
        "verdict": _verdict(comparison),
        "fairness": fairness(runs) if len(runs) > 1 else [],
        "charts": run_charts.project_data(runs, _curve_keys(runs), [run.pk for run in runs]),
    }


def _chip(run: Run, runs: list[Run]) -> dict[str, Any]:
    """A run with the addresses of the page without it and with it as the baseline."""
    ids = [other.pk for other in runs]
    without = [pk for pk in ids if pk != run.pk]
    return {
        "run": run,
        "without": "?" + urlencode({"runs": ",".join(without)}, safe=","),
        "as_base": "?" + urlencode({"runs": ",".join(ids), "base": run.pk}, safe=","),
    }


def _metric(row: MetricRow) -> dict[str, Any]:
    """A row with its differences in words: "▲ +0.0013 better"."""
    cells = [{"cell": cell, "delta": _signed(cell.delta), "arrow": _arrow(cell.delta)} for cell in row.cells]
    return {"row": row, "cells": cells}


def _signed(delta: float | None) -> str:
    if delta is None:
        return ""
    return f"+{numbers.number(delta)}" if delta > 0 else numbers.number(delta)


def _arrow(delta: float | None) -> str:
    """Which way the value went; whether that is good stands beside it in a word."""
    return "" if not delta else "▲" if delta > 0 else "▼"


def _verdict(comparison: Comparison) -> dict[str, str]:
    """The first metric in a sentence; one seed each, so without a claim."""
    if len(comparison.runs) < 2 or not comparison.metrics:
        return {}
    row = comparison.metrics[0]
    best = [run.name for run, cell in zip(comparison.runs, row.cells, strict=True) if cell.is_best]
    if not best:
        return {}
    way = "highest" if row.greater_is_better else "lowest"
    names = " and ".join(best) if len(best) < 3 else f"{len(best)} runs"
    return {"head": f"{names} {'has' if len(best) == 1 else 'have'} the {way} {row.key}."}


def _curve_keys(runs: list[Run]) -> list[str]:
    """The series that are curves: evaluations and training, not the machine's samples or how fast it was."""
    rows = Series.objects.filter(run__in=runs, count__gt=0).values_list("key", "count")
    drawn = {key for key, count in rows if run_charts.is_drawn(key, count)}
    return sorted(key for key in drawn if not key.startswith(("system/", "speed/")))
