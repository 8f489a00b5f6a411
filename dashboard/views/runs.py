"""The pages of one run: its header, its tabs, and what a person asks of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from dashboard import run_charts
from dashboard.checkpoint_page import run_rows
from dashboard.notes import notes_context
from dashboard.views.access import run_or_404
from dashboard.views.rules import rules_of_run
from runs import console as console_reads
from runs import queries
from runs.models import Run
from runs.scripts import has_script
from runs.specs import changed_config, effective_config
from runs.timeline import Event, timeline

#: Lines of the console that a page carries before its script fetches more.
CONSOLE_TAIL = 200
RAIL_LINES = 8
RAIL_EVENTS = 6
MOST_LINES = 2000
#: Whose events the Events tab lists: the choice's words, and which belong to it.
EVENTS_BY: dict[str, tuple[str, Callable[[Event], bool]]] = {
    "all": ("All", lambda event: True),
    "people": ("By people", lambda event: event.person),
    "run": ("By the run", lambda event: not event.person),
}
#: Parts of the environment that the overview shows by themselves.
_SHOWN_APART = ("git", "command", "trainer", "source", "limits")


@dataclass(frozen=True)
class Tab:
    name: str
    label: str
    count: int | None = None


@require_safe
def run_home(request: HttpRequest, run: str) -> HttpResponse:
    """The curves; of a run that only measures a checkpoint, what it measured."""
    owner = run_or_404(run)
    return redirect("run_evaluation" if owner.is_evaluation else "run_charts", run)


@require_safe
def charts(request: HttpRequest, run: str) -> HttpResponse:
    """The curves, with the latest values, events and console beside them."""
    owner = run_or_404(run)
    found = timeline(owner)
    return tab_page(
        request, owner, "charts", {**_rail(owner, found), "charts": run_charts.page_data(owner, found)}
    )


@require_safe
def system(request: HttpRequest, run: str) -> HttpResponse:
    """The samples of the machine."""
    owner = run_or_404(run)
    return tab_page(request, owner, "system", {"charts": run_charts.system_data(owner)})


@require_safe
def overview(request: HttpRequest, run: str) -> HttpResponse:
    """What was asked for, what it ran on and what came out."""
    owner = run_or_404(run)
    changed = changed_config(owner.spec)
    config = effective_config(owner.spec)
    context = {
        "changed": {name: value for name, value in config.items() if name in changed},
        "defaults": {name: value for name, value in config.items() if name not in changed},
        "latest": queries.latest_values(owner, limit=50),
        "environment": {
            name: owner.environment[name] for name in owner.environment if name not in _SHOWN_APART
        },
        **{name: owner.environment.get(name) for name in _SHOWN_APART},
        "attempts": owner.attempts.order_by("number"),
        "spec": owner.spec,
        "notes": notes_context(owner),
        "files": {"yaml": not owner.is_external, "python": has_script(owner.spec)},
    }
    return tab_page(request, owner, "overview", context)


@require_safe
def console(request: HttpRequest, run: str) -> HttpResponse:
    owner = run_or_404(run)
    context = {"lines": queries.console_tail(owner, CONSOLE_TAIL), "ranks": console_reads.ranks(owner)}
    return tab_page(request, owner, "console", context)


@require_safe
def checkpoints(request: HttpRequest, run: str) -> HttpResponse:
    owner = run_or_404(run)
    return tab_page(request, owner, "checkpoints", run_rows(owner))


@require_safe
def events(request: HttpRequest, run: str) -> HttpResponse:
    owner = run_or_404(run)
    found = list(reversed(timeline(owner)))
    parts = {name: [event for event in found if fits(event)] for name, (_, fits) in EVENTS_BY.items()}
    by = request.GET.get("by", "all")
    by = by if by in parts else "all"
    choices = [
        {"name": name, "label": label, "count": len(parts[name])} for name, (label, _) in EVENTS_BY.items()
    ]
    beside = {
        "rules": rules_of_run(owner),
        "batches": owner.warnings.filter(details__kind="batch").order_by("-step"),
    }
    return tab_page(request, owner, "events", {"events": parts[by], "by": by, "choices": choices, **beside})


@require_safe
def live(request: HttpRequest, run: str) -> HttpResponse:
    """The header as a fragment, with the rail when ``rail`` is asked for."""
    owner = run_or_404(run)
    rail = _rail(owner, timeline(owner)) if request.GET.get("rail") else {}
    return render(request, "runs/_live.html", {"run": owner, "header": queries.run_header(owner), **rail})


@require_safe
def console_lines(request: HttpRequest, run: str) -> JsonResponse:
    """Lines ``first`` … as JSON: {"total", "lines": [[number, time, stream, text], …]}, 2,000 at most."""
    owner = run_or_404(run)
    first = _whole(request.GET.get("first"), 0)
    count = min(_whole(request.GET.get("count"), 500), MOST_LINES)
    return JsonResponse({"total": owner.console_lines, "lines": queries.console_page(owner, first, count)})


def tab_page(request: HttpRequest, run: Run, tab: str, context: dict[str, Any]) -> HttpResponse:
    """A tab of a run's page: its template with the head and the other tabs around it."""
    tabs = [
        Tab("charts", "Charts"),
        Tab("overview", "Overview"),
        Tab("console", "Console"),
        Tab("system", "System"),
        Tab("evaluation", "Evaluation"),
        Tab("checkpoints", "Checkpoints", run.checkpoints.filter(deleted_at=None).count()),
        Tab("events", "Events"),
    ]
    head = {"run": run, "project": run.project, "header": queries.run_header(run), "tabs": tabs, "tab": tab}
    return render(request, f"runs/{tab}.html", {**head, **context})


def _rail(run: Run, found: list[Event]) -> dict[str, Any]:
    return {
        "latest": queries.latest_values(run),
        "gauges": queries.gauges(run),
        "events": list(reversed(_notable(found)))[:RAIL_EVENTS],
        "event_count": len(found),
        "flags": run_charts.flags(found),
        "lines": queries.console_tail(run, RAIL_LINES),
        "rail": True,
    }


def _notable(found: list[Event]) -> list[Event]:
    """Of many checkpoints only the best ones: regular saving would push all else out of the rail."""
    if sum(event.kind == "checkpoint" for event in found) <= RAIL_EVENTS:
        return found
    return [event for event in found if event.kind != "checkpoint" or event.is_best]


def _whole(text: str | None, default: int) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 16 else default
