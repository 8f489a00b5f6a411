"""Projects: found by their slug, made when they are first needed."""

from django.db.models import Q
from django.utils.text import slugify

from runs.models import Project, Run

#: Where runs go before anybody has made a project.
DEFAULT_NAME = "examples"


class ProjectError(ValueError):
    """A project cannot have this name; the text says why."""


def create_project(name: str) -> Project:
    """A new project called ``name``; its slug is made from the name. Raises ProjectError."""
    if problem := project_name_problem(name):
        raise ProjectError(problem)
    project, made = Project.objects.get_or_create(slug=_slug(name), defaults={"name": name.strip()})
    if not made:
        # Somebody else made it between the look and now.
        raise ProjectError(_taken(project))
    return project


def project_called(text: str) -> Project:
    """The project with this slug or name, made if there is none; of no text the one where new runs go.

    Raises ProjectError when there is none and none can be called so.
    """
    if not text.strip():
        return default_project()
    called = Q(slug=text.strip()) | Q(name=text.strip()) | Q(slug=_slug(text) or "-")
    rows = Project.objects.filter(called).order_by("pk")
    if (found := rows.first()) is not None:
        return found
    try:
        return create_project(text)
    except ProjectError:
        # The processes of one training ask at the same time: another may just have made it.
        if (found := rows.first()) is not None:
            return found
        raise


def project_name_problem(name: str) -> str:
    """Why no project can be called ``name``; "" when one can."""
    name = name.strip()
    if len(name) > 100:
        return f"The name has {len(name)} characters; the most is 100."
    if not _slug(name):
        return f"“{name}” has nothing to make a link from. Use at least one of a–z or 0–9."
    if not name.isprintable():
        return "The name holds a line break or a control character. Take it out."
    project = Project.objects.filter(slug=_slug(name)).first()
    return _taken(project) if project else ""


def _slug(name: str) -> str:
    return slugify(name)[:60].strip("-_")


def _taken(project: Project) -> str:
    return f"There is already a project “{project.name}”, /p/{project.slug}. Choose it, or another name."


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
