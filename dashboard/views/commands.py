"""What a person asks of one run from its page: each verb reads its form, sends one command and says what follows."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from dashboard.numbers import number
from dashboard.rate_plan import rate_plan
from dashboard.responses import is_script, told
from dashboard.views.access import run_or_404
from runs.commands import CommandError, send_command
from runs.errors import RunError
from runs.launch import resume_run
from runs.models import Run
from runs.resume import ResumeDiffers
from runs.states import State
from trainer_bridge.fields import parse_int, parse_number
from trainer_bridge.schedule import wish_problem


@require_POST
def command(request: HttpRequest, run: str, verb: str) -> HttpResponse:
    """A script gets JSON {"text"}, 409 when it was refused; a plain form goes back to the run."""
    owner = run_or_404(run)
    address = reverse("run_charts", args=[owner.pk])
    if verb not in VERBS:
        raise Http404(f"A run cannot be asked to “{verb}”.")
    try:
        done = VERBS[verb](request, owner)
    except ResumeDiffers as asks:
        return _ask(request, owner, asks)
    except (CommandError, RunError, ValueError) as refused:
        # Which command it is, the page knows.
        return told(request, str(refused).removeprefix(f"{verb}: "), address, status=409)
    return told(request, done, address)


def _ask(request: HttpRequest, run: Run, asks: ResumeDiffers) -> HttpResponse:
    """A script gets what it has to ask, a plain form the page that asks it."""
    if not is_script(request):
        return redirect("run_resume", run.pk)
    table = render_to_string("runs/_differences.html", {"plan": asks.plan})
    asked = {"title": f"Resume {run.name} with other settings?", "html": table, "yes": "Resume with these"}
    return JsonResponse({"text": str(asks), "ask": asked}, status=409)


def _stop(request: HttpRequest, run: Run) -> str:
    has_process = run.state in (State.RUNNING, State.STARTING) or run.is_held
    saves = bool(request.POST.get("save")) and has_process
    send_command(run, "stop", {"save": saves} if has_process else {}, request.user)
    return f"{run.name} will save a checkpoint and stop" if saves else f"{run.name} will stop"


def _kill(request: HttpRequest, run: Run) -> str:
    send_command(run, "kill", user=request.user)
    return f"{run.name} is being killed"


def _save(request: HttpRequest, run: Run) -> str:
    send_command(run, "save", user=request.user)
    return f"{run.name} will save a checkpoint at the next step"


def _evaluate(request: HttpRequest, run: Run) -> str:
    send_command(run, "evaluate", user=request.user)
    return f"{run.name} will evaluate at the next step"


def _pause(request: HttpRequest, run: Run) -> str:
    how = request.POST.get("how", "free")
    args: dict[str, Any] = {}
    if how == "hold":
        args = {"hold": True}
    elif how == "idle":
        args = {"when_idle": True}
    elif how == "until":
        args = {"until": _text(request.POST, "until", "Choose the date and time at which it goes on.")}
    send_command(run, "pause", args, request.user)
    return (
        f"{run.name} will stand still in its device slot"
        if how == "hold"
        else f"{run.name} will save and pause"
    )


def _resume(request: HttpRequest, run: Run) -> str:
    held = run.is_held
    resume_run(run, request.user, confirmed="confirm" in request.POST)
    return f"{run.name} goes on" if held else f"{run.name} is queued to go on from its last checkpoint"


def _learning_rate(request: HttpRequest, run: Run) -> str:
    wish = rate_wish(request.POST)
    send_command(run, "learning_rate", wish, request.user)
    return f"{run.name} trains with learning rate {number(wish.get('restart') or wish['set'])} from the next step on"


def rate_wish(form: QueryDict) -> dict[str, Any]:
    """What the dialog asks of the learning rate. Raises ValueError with a sentence."""
    text = _text(form, "rate", "Give a learning rate, such as 3e-4.")
    if not (rate := parse_number(text)) > 0:
        raise ValueError(f"A learning rate must be above 0, not {text}.")
    how = form.get("how", "schedule")
    if how == "restart":
        return {"restart": rate, "warmup_steps": parse_int(form.get("warmup_steps", "").strip() or "0")}
    return {"set": rate, "then": "hold" if how == "hold" else "schedule"}


RATE_HINTS = {
    "schedule": "The rest of the schedule keeps its shape.",
    "hold": "It stays at this rate until the end.",
    "restart": "The schedule begins again from this peak, over the steps that are left.",
}


@require_safe
def rate_preview(request: HttpRequest, run: str) -> HttpResponse:
    """How the change in the dialog would look, as a fragment; what cannot be read yet draws the plan alone."""
    owner = run_or_404(run)
    try:
        wish: dict[str, Any] | None = rate_wish(request.GET)
    except ValueError:
        wish = None
    if wish and wish_problem(wish):
        wish = None
    hint = RATE_HINTS.get(request.GET.get("how", ""), RATE_HINTS["schedule"])
    return render(request, "runs/_rate_plan.html", {"plan": rate_plan(owner, wish), "hint": hint})


def _end(request: HttpRequest, run: Run) -> str:
    value = _text(request.POST, "end", "Give a number of steps or epochs.")
    if request.POST.get("unit") == "epochs":
        send_command(run, "end", {"num_train_epochs": parse_number(value)}, request.user)
        return f"{run.name} will end after {value} epochs"
    send_command(run, "end", {"max_steps": parse_int(value)}, request.user)
    return f"{run.name} will end at step {value}"


def _log_every(request: HttpRequest, run: Run) -> str:
    steps = parse_int(_text(request.POST, "steps", "Give a number of steps."))
    send_command(run, "log_every", {"steps": steps}, request.user)
    return f"{run.name} will log every {steps} steps"


def _text(form: QueryDict, name: str, missing: str) -> str:
    if not (text := form.get(name, "").strip()):
        raise CommandError(missing)
    return text


VERBS: dict[str, Callable[[HttpRequest, Run], str]] = {
    "stop": _stop,
    "kill": _kill,
    "save": _save,
    "evaluate": _evaluate,
    "pause": _pause,
    "resume": _resume,
    "learning_rate": _learning_rate,
    "end": _end,
    "log_every": _log_every,
}
