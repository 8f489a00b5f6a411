"""Queue and workers: what trains, what waits and why, and what a person changes about it."""

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from dashboard.queue_page import queue_page
from dashboard.responses import is_script, told
from dashboard.views.access import run_or_404
from runs import queue
from runs.access import issue_api_token
from runs.commands import CommandError, send_command
from runs.errors import RunError
from runs.models import Run, Worker
from runs.workers import forget, set_draining


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """The whole page; a script that refreshes it gets only its parts."""
    name = "queue/_parts.html" if is_script(request) else "queue/page.html"
    return render(request, name, {"queue": queue_page()})


@require_POST
def hold(request: HttpRequest) -> HttpResponse:
    """Let nothing new start."""
    queue.hold(request.user)
    return told(request, "The queue is held: what trains goes on, nothing new starts", "queue")


@require_POST
def release(request: HttpRequest) -> HttpResponse:
    """Let runs start again."""
    queue.release()
    return told(request, "The queue goes on", "queue")


@require_POST
def change(request: HttpRequest, run: str, verb: str) -> HttpResponse:
    """Move, run next, change the priority or cancel a queued run; a script gets JSON {"text"}, 409 when refused."""
    owner = run_or_404(run)
    if verb not in VERBS:
        raise Http404(f"A queued run cannot be asked to “{verb}”.")
    try:
        text = VERBS[verb](request, owner)
    except (RunError, CommandError, ValueError) as refused:
        return told(request, str(refused), "queue", status=409)
    return told(request, text, "queue")


def _move(request: HttpRequest, run: Run) -> str:
    queue.move(run, request.POST.get("before") or None)
    return f"{run.name} was moved"


def _next(request: HttpRequest, run: Run) -> str:
    queue.run_next(run)
    return f"{run.name} runs next"


def _priority(request: HttpRequest, run: Run) -> str:
    names = {name: number for number, name in queue.PRIORITIES.items()}
    wanted = request.POST.get("priority", "")
    if wanted not in names:
        raise ValueError(f"The priorities are {', '.join(names)}, not “{wanted}”.")
    queue.set_priority(run, names[wanted])
    return f"{run.name} has {wanted} priority"


def _cancel(request: HttpRequest, run: Run) -> str:
    send_command(run, "stop", user=request.user)
    return f"{run.name} was cancelled"


VERBS: dict[str, Callable[[HttpRequest, Run], str]] = {
    "move": _move,
    "next": _next,
    "priority": _priority,
    "cancel": _cancel,
}


@require_POST
def change_worker(request: HttpRequest, worker: int, verb: str) -> HttpResponse:
    """Drain a worker, let it take runs again, or take one that is gone off the list."""
    owner = Worker.objects.filter(pk=worker).first()
    if owner is None:
        raise Http404("There is no such worker any more.")
    if verb in ("drain", "undrain"):
        set_draining(owner, verb == "drain")
        text = "finishes what it trains and gets nothing new" if verb == "drain" else "takes runs again"
        return told(request, f"{owner.name} {text}", "queue")
    if verb != "forget":
        raise Http404(f"A worker cannot be asked to “{verb}”.")
    if forget(owner):
        return told(request, f"{owner.name} was taken off the list", "queue")
    return told(request, f"{owner.name} is connected: stop it in its terminal first.", "queue", status=409)


@require_POST
def add_worker(request: HttpRequest) -> HttpResponse:
    """Make a token for one more worker and show the command that starts it; the token is shown only now."""
    _, token = issue_api_token(request.user, "worker", ["worker"])  # type: ignore[arg-type]
    server = request.build_absolute_uri("/").rstrip("/")
    return render(request, "queue/page.html", {"queue": queue_page(), "new_token": token, "server": server})
