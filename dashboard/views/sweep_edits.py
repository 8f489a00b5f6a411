"""What a person does to a sweep from its page: each verb reads its form, makes one edit and says what came of it."""

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from dashboard.responses import SeeOther, is_script, told
from dashboard.sweep_page.controls import change
from dashboard.views.access import sweep_or_404
from runs.errors import RunError, SpecError
from runs.models import Sweep
from runs.sweeps import edit


@require_POST
def sweep_edit(request: HttpRequest, sweep: str, verb: str) -> HttpResponse:
    """A script gets JSON {"text"}; 409 when it was refused, then with {"problems"} by field where there are some."""
    found = sweep_or_404(sweep)
    if verb not in VERBS:
        raise Http404(f"A sweep cannot be asked to “{verb}”.")
    address = reverse("sweep", args=[found.pk])
    try:
        return told(request, VERBS[verb](request, found), address)
    except SpecError as error:
        if is_script(request):
            text = next(iter(error.problems.values()))
            return JsonResponse({"text": text, "problems": error.problems}, status=409)
        return told(request, str(error), address, status=409)
    except RunError as error:
        return told(request, str(error), address, status=409)


@require_POST
def sweep_duplicate(request: HttpRequest, sweep: str) -> HttpResponse:
    """A new sweep that searches the same way; its page."""
    found = sweep_or_404(sweep)
    try:
        made = edit.duplicate(found, user=request.user)
    except SpecError as error:
        messages.error(request, f"It cannot be duplicated: {error}")
        return redirect("sweep", sweep=found.pk)
    return SeeOther(reverse("sweep", args=[made.pk]))


def _pause(request: HttpRequest, sweep: Sweep) -> str:
    edit.pause_sweep(sweep, request.user)
    return "Paused: no new trial starts, those that train go on."


def _resume(request: HttpRequest, sweep: Sweep) -> str:
    edit.resume_sweep(sweep, request.user)
    return "The sweep goes on."


def _stop(request: HttpRequest, sweep: Sweep) -> str:
    """``cut=0`` lets finish what trains."""
    is_cut = request.POST.get("cut") != "0"
    count = edit.stop_sweep(sweep, request.user, cut=is_cut)
    trials = "1 trial was" if count == 1 else f"{count} trials were"
    if not count:
        return "Every trial has ended already." if is_cut else "No new trial comes; what trains may finish."
    return (
        f"{trials} told to stop." if is_cut else f"{trials} taken out of the queue; what trains may finish."
    )


def _rerun(request: HttpRequest, sweep: Sweep) -> str:
    return str(edit.rerun_failed(sweep, request.user).text)


def _change(request: HttpRequest, sweep: Sweep) -> str:
    return " ".join(change(sweep, request.POST, request.user))


VERBS: dict[str, Callable[[HttpRequest, Sweep], str]] = {
    "pause": _pause,
    "resume": _resume,
    "stop": _stop,
    "rerun": _rerun,
    "change": _change,
}
