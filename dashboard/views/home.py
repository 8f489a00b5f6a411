"""The start: the runs of the last project, or what to do when there are none yet."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from dashboard.numbers import bytes_size
from dashboard.previews import Preview, preview_of
from dashboard.responses import SeeOther
from runs.launch import launch_run
from runs.models import Worker
from runs.projects import default_project, last_project
from trainer_bridge import recipes
from trainer_bridge.recipes import Recipe

#: Below this much free disk the check says so, in bytes.
LITTLE_DISK = 2 * 1024**3
_LIBRARIES = ("torch", "transformers", "datasets")


@dataclass(frozen=True)
class Example:
    recipe: Recipe
    preview: Preview


@dataclass(frozen=True)
class Check:
    """One thing that must be there to train; ``state`` is "good", "wait" or "wrong"."""

    title: str
    text: str
    state: str

    @property
    def icon(self) -> str:
        return {"good": "check", "wait": "clock", "wrong": "warning"}[self.state]


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """To the project of the newest run, or to the first-run page."""
    project = last_project()
    return redirect("project_runs", project.slug) if project else redirect("welcome")


@require_safe
def welcome(request: HttpRequest) -> HttpResponse:
    """Three examples that need one press, and whether this installation is ready for them."""
    context = {"examples": examples(), "checks": checks(), "project": default_project()}
    return render(request, "welcome.html", context)


@require_safe
def welcome_checks(request: HttpRequest) -> HttpResponse:
    """The row of checks alone, for when a worker came, warmed up or left."""
    return render(request, "welcome_checks.html", {"checks": checks()})


@require_POST
def run_example(request: HttpRequest, recipe: str) -> HttpResponse:
    """Launch an example as it is and land on its live curves."""
    if recipe not in {example.recipe.name for example in examples()}:
        raise Http404(f"There is no example “{recipe}”.")
    spec = {"recipe": recipe, "params": {}, "args": {}}
    run = launch_run(default_project(), spec, tags=["example"], user=request.user)
    return SeeOther(f"/r/{run.pk}/charts")


def examples() -> list[Example]:
    """The built-in recipes that have a preview, in the order of the catalogue."""
    pairs = [(recipe, preview_of(recipe.name)) for recipe in recipes.catalog().values()]
    return [Example(recipe, preview) for recipe, preview in pairs if preview]


def checks() -> list[Check]:
    """Whether this installation is ready to train, as far as it shows now; one query."""
    workers = list(Worker.objects.exclude(state=Worker.State.GONE))
    return [worker_check(workers), disk_check(settings.DATA_DIR), *library_checks(workers)]


def worker_check(workers: list[Worker]) -> Check:
    """Whether somebody is there to train."""
    if problems := [worker.info["problem"] for worker in workers if worker.info.get("problem")]:
        return Check("Worker cannot train", problems[0], "wrong")
    ready = [worker for worker in workers if worker.state == Worker.State.READY]
    if ready:
        slots = sum(worker.slots for worker in ready)
        names = ready[0].name if len(ready) == 1 else f"{len(ready)} workers"
        return Check("Worker connected", f"{names}, {slots} device slot{'s' if slots > 1 else ''}", "good")
    if workers:
        return Check(
            "Worker warming up", "loading torch and transformers; a run started now waits for it", "wait"
        )
    return Check("No worker", "runs wait until one connects; python manage.py up starts one", "wrong")


def disk_check(folder: Path) -> Check:
    """How much room there is for checkpoints."""
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return Check("Disk", f"cannot be read: {error.strerror}", "wrong")
    return Check(
        "Disk", f"{bytes_size(free)} free for checkpoints", "wrong" if free < LITTLE_DISK else "good"
    )


def library_checks(workers: list[Worker]) -> list[Check]:
    """The versions as a worker reported them; nothing while none has."""
    info = next((worker.info for worker in workers if _LIBRARIES[0] in worker.info), None)
    if info is None:
        return []
    missing = [name for name in _LIBRARIES if not info.get(name)]
    if missing:
        return [Check("Libraries", f"{', '.join(missing)} not found where the worker runs", "wrong")]
    return [Check("Libraries", " · ".join(f"{name} {info[name]}" for name in _LIBRARIES), "good")]
