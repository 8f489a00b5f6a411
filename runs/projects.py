"""Projects: found by their slug, made when they are first needed."""

from django.utils.text import slugify

from runs.models import Project, Run

#: Where runs go before anybody has made a project.
DEFAULT_NAME = "examples"


class ProjectError(ValueError):
    """A project cannot have this name; the text says why."""


def create_project(name: str) -> Project:
    """A new project called ``name``; its slug is made from the name. Raises ProjectError."""
    name = name.strip()
    slug = slugify(name)[:60].strip("-")
    if not slug:
        raise ProjectError(f"“{name}” has nothing to make a link from. Use at least one of a–z or 0–9.")
    if len(name) > 100:
        raise ProjectError(f"The name has {len(name)} characters; the most is 100.")
    project, made = Project.objects.get_or_create(slug=slug, defaults={"name": name})
    if not made:
        raise ProjectError(f"There is already a project “{project.name}” with the link /p/{slug}.")
    return project


def default_project() -> Project:
    """Where a new run goes: the project of the newest run, else any project, else a first one made now."""
    return last_project() or Project.objects.first() or _first_project()


def last_project() -> Project | None:
    """The project of the newest run, None when there are no runs."""
    run = Run.objects.select_related("project").order_by("-created_at").first()
    return run.project if run else None


def _first_project() -> Project:
    # get_or_create: two pages opened at once on an empty installation.
    return Project.objects.get_or_create(slug=DEFAULT_NAME, defaults={"name": DEFAULT_NAME})[0]
