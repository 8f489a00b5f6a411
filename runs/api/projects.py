"""Projects."""

from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, Query, Router, Schema
from ninja.responses import Status

from runs.listing import listing
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


class Asked(Schema):
    """``q`` filters (docs/query.md), ``sort`` and ``cols`` are keys joined by commas, ``page`` counts from 1."""

    q: str = ""
    sort: str = ""
    cols: str = ""
    page: int = Field(1, ge=1, le=1_000_000)
    limit: int = Field(200, ge=1, le=1000)


class RowOut(Schema):
    """``values`` maps the keys of the columns to numbers, texts, lists or null."""

    id: str
    name: str
    state: str
    tags: list[str]
    sweep: str | None
    created: str
    values: dict[str, Any]


class RowsOut(Schema):
    """``matching`` of ``total`` runs pass the filter; ``next`` is the number of the following page."""

    items: list[RowOut]
    columns: list[str]
    matching: int
    total: int
    next: int | None


def _projects() -> QuerySet[Project]:
    return Project.objects.annotate(count=Count("runs", filter=Q(runs__deleted_at=None)))


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


@router.get("/projects/{slug}/runs", response=RowsOut)
def list_project_runs(request: HttpRequest, slug: str, asked: Query[Asked]) -> RowsOut:
    """The runs of a project that a filter lets through, as the runs page shows them."""
    project = get_object_or_404(Project, slug=slug)
    first = (asked.page - 1) * asked.limit
    found = listing(project, q=asked.q, sort=asked.sort, cols=asked.cols, first=first, limit=asked.limit)
    return RowsOut(
        items=[RowOut(**row) for row in found.rows],
        columns=found.keys,
        matching=found.matching,
        total=found.total,
        next=None if found.is_last else asked.page + 1,
    )
