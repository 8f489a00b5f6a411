"""Saved views: named query strings of a project's runs page."""

from urllib.parse import parse_qsl, urlencode

from django.http import QueryDict

from runs.models import Project, SavedView

#: What does not belong to a view: which one it is, where one is in it, what is unfolded or enlarged right now.
PASSING = frozenset({"view", "page", "open", "chart", "at"})
MAX_NAME = 60
#: Longer query strings are not typed by people.
MAX_QUERY = 8000


def listed(project: Project) -> list[SavedView]:
    """The views of a project by name."""
    return list(project.views.all())


def named(project: Project, name: str) -> SavedView | None:
    """The view of this name."""
    return project.views.filter(name=name).first() if name else None


def kept(query: str) -> str:
    """The part of a query string that a view keeps."""
    parts = parse_qsl(query.removeprefix("?"), keep_blank_values=True)
    return urlencode([(name, value) for name, value in parts if name not in PASSING and value], safe="/,-.~")


def link(view: SavedView) -> str:
    """The query string that opens a view."""
    return urlencode({"view": view.name})


def is_edited(view: SavedView, now: QueryDict) -> bool:
    """Whether the address has moved away from the view."""
    return sorted(parse_qsl(kept(now.urlencode()))) != sorted(parse_qsl(view.query))


def name_problem(name: str) -> str:
    """What is wrong with a name, "" when nothing is."""
    if not name:
        return "Give the view a name."
    if len(name) > MAX_NAME:
        return f"The name has {len(name)} characters; the most is {MAX_NAME}."
    return "" if name.isprintable() else "The name holds a line break or a control character. Take it out."
