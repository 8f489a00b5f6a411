"""What the top bar of every page shows."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from runs.models import Checkpoint, Project, Run, Sweep

if TYPE_CHECKING:
    from runs.workers import SlotsOverview

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


def top_bar(request: HttpRequest) -> dict[str, Any]:
    """Context processor. ``top_bar`` is lazy, so a fragment that does not use it costs no query."""
    theme = request.COOKIES.get("theme", "")
    return {"theme": theme if theme in THEMES else "", "top_bar": SimpleLazyObject(lambda: build(request))}


def build(request: HttpRequest) -> TopBar:
    """The bar of this request, in at most four queries however many projects and runs there are."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return TopBar(None, [], [], "")
    projects = list(Project.objects.all())
    project = _current(request, projects)
    tabs = _tabs(request, project) if project else []
    return TopBar(project, projects, tabs, _slots())


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


def _tabs(request: HttpRequest, project: Project) -> list[Tab]:
    counts = Project.objects.filter(pk=project.pk).aggregate(
        runs=Count("runs", distinct=True), sweeps=Count("sweeps", distinct=True)
    )
    checkpoints = Checkpoint.objects.filter(Q(run__project=project), deleted_at=None, problem="").count()
    here = request.resolver_match.url_name if request.resolver_match else ""
    return [
        Tab("project_runs", "Runs", counts["runs"], here == "project_runs" or here.startswith("run_")),
        Tab("project_sweeps", "Sweeps", counts["sweeps"], here in ("project_sweeps", "sweep")),
        Tab("project_compare", "Compare", None, here == "project_compare"),
        Tab("project_checkpoints", "Checkpoints", checkpoints, here == "project_checkpoints"),
    ]


def _slots() -> str:
    try:
        from runs.workers import slots_overview
    except ImportError:  # until that part has landed
        return "no worker"
    return slots_text(slots_overview())


def slots_text(slots: "SlotsOverview") -> str:
    """ "1/2 device slots · 3 queued", or why nothing runs yet."""
    if slots.warming and not slots.total:
        return "worker warming up" + (f" · {slots.queued} queued" if slots.queued else "")
    if not slots.total:
        return "no worker" + (f" · {slots.queued} queued" if slots.queued else "")
    text = f"{slots.busy}/{slots.total} device slots"
    return text + (f" · {slots.queued} queued" if slots.queued else "")
