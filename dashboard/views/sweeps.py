"""The sweeps of a project, and one sweep: its trials, its best, how it was found."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from dashboard import best_of_many
from dashboard.notes import notes_context
from dashboard.sweep_page import importance as importance_card
from dashboard.sweep_page.budget import budget_fields
from dashboard.sweep_page.columns import TrialColumns
from dashboard.sweep_page.controls import form_rows
from dashboard.sweep_page.events import events_of
from dashboard.sweep_page.head import head, method_of, state_of, total
from dashboard.sweep_page.plots import cards, objective_places
from dashboard.sweep_page.rows import FIRST, table
from dashboard.sweep_page.wire import page_data
from dashboard.views.access import project_or_404, sweep_or_404
from runs import series
from runs.states import State
from runs.sweeps.trial_rows import SweepRows, TrialRow, rows_of, sweep_rows

#: Points of a curve in a row or among hundreds of others.
CURVE_POINTS = 40


@require_safe
def project_sweeps(request: HttpRequest, project: str) -> HttpResponse:
    """All sweeps of a project, latest first, each with how far it is and its best."""
    owner = project_or_404(project)
    found = rows_of(list(owner.sweeps.all()))
    return render(request, "sweeps/list.html", {"project": owner, "rows": [_listed(one) for one in found]})


def _listed(found: SweepRows) -> dict[str, Any]:
    done = sum(row.is_over for row in found.rows)
    state, method = state_of(found), method_of(found.sweep)
    return {"found": found, "state": state, "method": method, "total": total(found), "done": done}


@require_safe
def sweep(request: HttpRequest, sweep: str) -> HttpResponse:
    """One sweep. ``sort`` orders the trials: trial, objective, state, steps, time or a swept name; ``cols`` and ``pin``
    choose columns; ``all=1`` lists every one without a script.
    """
    found = sweep_rows(sweep_or_404(sweep))
    columns = TrialColumns(found, request.GET.dict())
    context = head(found) | {
        "events": events_of(found.sweep),
        "form_rows": form_rows(found.sweep),
        "budgets": budget_fields(found),
        **table(found, columns, None if request.GET.get("all") == "1" else FIRST),
        "first": FIRST,
        "cards": cards(found),
        "objective_places": objective_places(found),
        "states": list(State),
        "chart_data": page_data(found, columns.metrics),
        "notes": notes_context(found.sweep),
        "many": best_of_many.of_sweep(found.sweep),
    }
    return render(request, "sweeps/page.html", context)


@require_safe
def sweep_columns(request: HttpRequest, sweep: str) -> HttpResponse:
    """The sheet that chooses columns of the trials: those of the address, then all others."""
    found = sweep_rows(sweep_or_404(sweep))
    return render(request, "workspace/_columns.html", TrialColumns(found, request.GET.dict()).sheet())


@require_safe
def sweep_live(request: HttpRequest, sweep: str) -> JsonResponse:
    """What may have changed for a page that has ``have`` trials up to number ``after``, of which ``open`` had not
    ended: {"head", "title", "data"}, or {"reload"} where trials went away. ``cols``, ``pin``, ``sort`` as on the page.
    """
    found = sweep_rows(sweep_or_404(sweep))
    fresh = list(_fresh(found, request.GET.get("open", ""), request.GET.get("after", "")))
    if request.GET.get("have", "") != str(
        len(found.rows) - sum(row.number > _int(request, "after") for row in found.rows)
    ):
        return JsonResponse({"reload": True})
    context = head(found)
    return JsonResponse(
        {
            "head": _parts(request, context | {"events": events_of(found.sweep)}),
            "title": render_to_string("sweeps/_title.html", context).strip(),
            "data": page_data(found, TrialColumns(found, request.GET.dict()).metrics, fresh),
        }
    )


def _parts(request: HttpRequest, context: dict[str, Any]) -> str:
    names = ("sweeps/_head.html", "sweeps/_events.html")
    return "".join(render_to_string(name, context, request) for name in names)


def _int(request: HttpRequest, name: str) -> int:
    text = request.GET.get(name, "")
    return int(text) if text.removeprefix("-").isdigit() else -1


def _fresh(found: SweepRows, known_open: str, after: str) -> Iterable[TrialRow]:
    """Trials that are open, were open when the page last looked, or are new to it."""
    were_open = set(known_open.split(","))
    last = int(after) if after.removeprefix("-").isdigit() else -1
    return (row for row in found.rows if not row.is_over or str(row.number) in were_open or row.number > last)


@require_safe
def sweep_curves(request: HttpRequest, sweep: str) -> JsonResponse:
    """The objective of each trial, or of ``trials``, by step: {"curves": [[number, [step …], [value …]] …]}."""
    found = sweep_rows(sweep_or_404(sweep))
    wanted = set(request.GET["trials"].split(",")) if "trials" in request.GET else None
    shown = {row.run: row.number for row in found.rows if wanted is None or str(row.number) in wanted}
    curves = series.read(list(shown), [found.objective.key], max_points=CURVE_POINTS)
    return JsonResponse({"curves": [_curve(shown[curve.run], curve) for curve in curves]})


def _curve(number: int, curve: Any) -> list[Any]:
    """Finite points only: JSON has no others, and a line cannot go there."""
    points = [
        (int(step), value)
        for step, value in zip(curve.step, curve.y, strict=True)
        if abs(value) < float("inf")
    ]
    return [number, [step for step, _ in points], [float(f"{value:.6g}") for _, value in points]]


@require_safe
def sweep_importance(request: HttpRequest, sweep: str) -> JsonResponse:
    """The importance of each swept name by ``method``, of the trials inside the brushes of the address."""
    found = sweep_rows(sweep_or_404(sweep))
    return JsonResponse(importance_card.answer(found, request.GET.dict()))
