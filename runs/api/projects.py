"""Projects."""

from datetime import datetime

from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Schema
from ninja.responses import Status

from runs.models import Project
from runs.projects import create_project
from runs.removal import delete_project

router = Router(tags=["projects"])


class ProjectOut(Schema):
    slug: str
    name: str
    created_at: datetime
    runs: int


class ProjectIn(Schema):
    name: str


def _projects() -> QuerySet[Project]:
    return Project.objects.annotate(count=Count("runs"))


def _out(project: Project) -> ProjectOut:
    count = getattr(project, "count", 0)
    return ProjectOut(slug=project.slug, name=project.name, created_at=project.created_at, runs=count)


@router.get("/projects", response=list[ProjectOut])
def list_projects(request: HttpRequest) -> list[ProjectOut]:
    """All projects, by name."""
    return [_out(project) for project in _projects()]


@router.post("/projects", response={201: ProjectOut})
def make_project(request: HttpRequest, body: ProjectIn) -> Status:
    """A new project; its slug is made from its name."""
    return Status(201, _out(create_project(body.name)))


@router.get("/projects/{slug}", response=ProjectOut)
def read_project(request: HttpRequest, slug: str) -> ProjectOut:
    project = get_object_or_404(_projects(), slug=slug)
    return _out(project)


@router.delete("/projects/{slug}", response={204: None})
def remove_project(request: HttpRequest, slug: str) -> Status:
    """Delete a project, its runs, what they measured and their files; 409 while one of them has a process."""
    delete_project(get_object_or_404(Project, slug=slug))
    return Status(204, None)
