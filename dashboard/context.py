"""What the top bar of every page shows."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from runs.models import Checkpoint, Project, Run, Sweep
from runs.notifications import unread_count
from runs.removal import deleted_runs
from runs.table.read import checkpoint_count
from runs.workers import SlotsOverview, slots_overview

THEMES = ("light", "dark")


@dataclass(frozen=True)
class Tab:
    url: str
    label: str
    count: int | None
    current: bool


@dataclass(frozen=True)
class TopBar:
    project: Project | None
    projects: list[Project]
    tabs: list[Tab]
    slots_text: str
    #: Notifications that this person has not read.
    unread: int = 0


def top_bar(request: HttpRequest) -> dict[str, Any]:
    """Context processor. ``top_bar`` is lazy, so a fragment that does not use it costs no query."""
    theme = request.COOKIES.get("theme", "")
    return {"theme": theme if theme in THEMES else "", "top_bar": SimpleLazyObject(lambda: build(request))}


def build(request: HttpRequest) -> TopBar:
    """The bar of this request, in ten queries however many projects and runs there are."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return TopBar(None, [], [], "")
    projects = list(Project.objects.all())
    project = _current(request, projects)
    tabs = _tabs(request, project) if project else []
    return TopBar(project, projects, tabs, slots_text(slots_overview()), unread_count(user))


def _current(request: HttpRequest, projects: list[Project]) -> Project | None:
    """The project that the address is about, directly or through its run or sweep."""
    match = request.resolver_match
    names = match.kwargs if match else {}
    if slug := names.get("project"):
        return next((project for project in projects if project.slug == slug), None)
    owner = None
    if run := names.get("run"):
        owner = Run.objects.filter(pk=run).values_list("project_id", flat=True).first()
    elif sweep := names.get("sweep"):
        owner = Sweep.objects.filter(pk=sweep).values_list("project_id", flat=True).first()
    return next((project for project in projects if project.pk == owner), None)


def project_counts(project: Project) -> dict[str, int]:
    """How many runs, sweeps and whole checkpoints a project has, by the name of their page."""
    # Unordered: in order of time SQLite walks over every row of the project.
    evaluations = Run.everything.filter(project=project, kind=Run.Kind.EVALUATION).order_by()
    gone = list(deleted_runs(project).order_by().values_list("pk").union(evaluations.values_list("pk")))
    # Subtracted: to ask each run whether it is deleted, or no training, takes longer than all the rest of a page.
    return {
        "project_runs": Run.everything.filter(project=project).count() - len(gone),
        "project_sweeps": Sweep.objects.filter(project=project).count(),
        "project_checkpoints": checkpoint_count(project.pk)
        - Checkpoint.objects.filter(deleted_at=None, problem="", run__in=[pk for (pk,) in gone]).count(),
    }


def _tabs(request: HttpRequest, project: Project) -> list[Tab]:
    counts = project_counts(project)
    here = (request.resolver_match.url_name if request.resolver_match else None) or ""
    return [
        Tab(
            "project_runs", "Runs", counts["project_runs"], here == "project_runs" or here.startswith("run_")
        ),
        Tab("project_sweeps", "Sweeps", counts["project_sweeps"], here in ("project_sweeps", "sweep")),
        Tab("project_compare", "Compare", None, here == "project_compare"),
        Tab(
            "project_checkpoints",
            "Checkpoints",
            counts["project_checkpoints"],
            here == "project_checkpoints",
        ),
        Tab("project_reports", "Reports", None, here == "project_reports" or here.startswith("report")),
        Tab("project_rules", "Rules", None, here in ("project_rules", "rule_new", "rule_edit")),
    ]


def slots_text(slots: SlotsOverview) -> str:
    """ "1/2 device slots · 3 queued", or why nothing runs yet."""
    waiting = f" · {slots.queued} queued" if slots.queued else ""
    waiting += " · queue held" if slots.held is not None else ""
    if slots.warming:
        return f"worker warming up{waiting}"
    if not slots.total:
        return f"no worker{waiting}"
    return f"{slots.busy}/{slots.total} device slots{waiting}"
