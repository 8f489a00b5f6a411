"""What the workspace does to many runs at once, and saved views. Scripts get {"text", "undo"}, forms a redirect."""

from collections.abc import Callable, Iterable

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from dashboard import saved_views
from dashboard.responses import is_script, told
from dashboard.views.access import project_or_404
from runs import bulk
from runs.bulk import Done
from runs.errors import RunError
from runs.models import Project
from runs.query import QueryError
from runs.removal import bring_back
from runs.sweeps.adopt import add_runs

#: Refusals that one message can hold.
MOST_TOLD = 3
Verb = Callable[[HttpRequest, Project, list[str]], tuple[Done, str]]


@require_POST
def do_to_runs(request: HttpRequest, project: str, verb: str) -> HttpResponse:
    """Do ``verb`` to the runs of ``runs`` (ids joined by commas, or repeated), or with ``all`` to those that ``q``
    lets through, of which there should be ``expected``.
    """
    owner = project_or_404(project)
    if verb not in VERBS:
        raise Http404(f"Nothing called “{verb}” can be done to runs.")
    try:
        ids = _ids(request, owner)
        done, text = VERBS[verb](request, owner, ids)
    except (QueryError, RunError) as error:
        return answer(request, owner, getattr(error, "sentence", str(error)), status=409)
    undo = reverse("project_runs_undo", args=[owner.slug]) if verb == "delete" and done.count else ""
    status = 409 if done.refused and not done.count else 200
    return answer(
        request, owner, " ".join([text, *_few(done.refused)]), status, undo=undo, runs=",".join(ids)
    )


@require_POST
def undo_delete(request: HttpRequest, project: str) -> HttpResponse:
    """Bring back the runs of ``runs``, or without it all that were deleted a little while ago."""
    owner = project_or_404(project)
    ids = _listed(request.POST.getlist("runs")) or None
    count = bring_back(owner, ids)
    return answer(request, owner, f"{_runs(count)} {'is' if count == 1 else 'are'} back.")


def answer(request: HttpRequest, project: Project, text: str, status: int = 200, **more: str) -> HttpResponse:
    """What came of it, for a script or for a person without one."""
    query = request.POST.get("back", "")
    back = reverse("project_runs", args=[project.slug]) + (query if query.startswith("?") else "")
    return told(request, text, back, status=status, **more)


def _ids(request: HttpRequest, project: Project) -> list[str]:
    if request.POST.get("all"):
        expected = request.POST.get("expected", "")
        return bulk.matching_ids(
            project, request.POST.get("q", ""), int(expected) if expected.isdecimal() else None
        )
    ids = _listed(request.POST.getlist("runs"))
    if not ids:
        raise RunError("No run was chosen. Tick one or more first.")
    return ids


def _listed(texts: Iterable[str]) -> list[str]:
    return [part for text in texts for part in text.split(",") if part]


def _few(sentences: list[str]) -> list[str]:
    more = len(sentences) - MOST_TOLD
    return [*sentences[:MOST_TOLD], *([f"The same for {more} more."] if more > 0 else [])]


def _runs(count: int) -> str:
    return "1 run" if count == 1 else f"{count} runs"


# --- verbs ---


def _stop(request: HttpRequest, project: Project, ids: list[str]) -> tuple[Done, str]:
    done = bulk.stop(project, ids, request.user)
    return done, f"{_runs(done.count)} will stop."


def _tag(request: HttpRequest, project: Project, ids: list[str]) -> tuple[Done, str]:
    add, remove = (_listed(request.POST.getlist(name)) for name in ("add", "remove"))
    if not add and not remove:
        raise RunError("Name a tag to add or to take away.")
    done = bulk.tag(project, ids, add, remove)
    return done, f"Tags of {_runs(done.count)} changed."


def _archive(request: HttpRequest, project: Project, ids: list[str]) -> tuple[Done, str]:
    done = bulk.archive(project, ids)
    return done, f"{_runs(done.count)} archived."


def _unarchive(request: HttpRequest, project: Project, ids: list[str]) -> tuple[Done, str]:
    done = bulk.archive(project, ids, on=False)
    return done, f"{_runs(done.count)} taken out of the archive."


def _delete(request: HttpRequest, project: Project, ids: list[str]) -> tuple[Done, str]:
    done = bulk.delete(project, ids)
    return done, f"{_runs(done.count)} deleted."


def _add_to_sweep(request: HttpRequest, project: Project, ids: list[str]) -> tuple[Done, str]:
    done = add_runs(project, ids, request.POST.get("sweep", ""), request.user)
    return done, f"{_runs(done.count)} added to the sweep."


VERBS: dict[str, Verb] = {
    "stop": _stop,
    "tag": _tag,
    "archive": _archive,
    "unarchive": _unarchive,
    "delete": _delete,
    "sweep": _add_to_sweep,
}

# --- saved views ---


@require_POST
def save_view(request: HttpRequest, project: str) -> HttpResponse:
    """Keep ``query`` under ``name``; the view of that name is replaced."""
    owner = project_or_404(project)
    name, query = request.POST.get("name", "").strip(), saved_views.kept(request.POST.get("query", ""))
    if problem := saved_views.name_problem(name):
        return answer(request, owner, problem, status=422)
    if len(query) > saved_views.MAX_QUERY:
        return answer(
            request, owner, "This view is too long to be kept: show fewer runs by name.", status=422
        )
    user = request.user.get_username()
    owner.views.update_or_create(
        name=name, defaults={"query": query}, create_defaults={"query": query, "created_by": user}
    )
    if is_script(request):
        return JsonResponse({"text": f"Saved as “{name}”.", "name": name})
    return redirect(
        f"{reverse('project_runs', args=[owner.slug])}?{saved_views.link(owner.views.get(name=name))}"
    )


@require_POST
def delete_view(request: HttpRequest, project: str) -> HttpResponse:
    """Forget the view ``name``; the runs stay."""
    owner = project_or_404(project)
    name = request.POST.get("name", "")
    count, _ = owner.views.filter(name=name).delete()
    text = f"The view “{name}” is deleted." if count else f"There is no view “{name}” any more."
    return answer(request, owner, text)
