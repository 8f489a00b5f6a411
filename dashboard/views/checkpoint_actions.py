"""What a person does with one checkpoint: pin, note, alias, check, delete. Scripts get {"text"}, forms a redirect."""

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from dashboard.numbers import bytes_size
from dashboard.responses import told
from runs.checkpoints import aliases, checking, retention
from runs.errors import RunError
from runs.models import Checkpoint

Due = Checkpoint.Due
#: Letters of a note.
MOST = 10_000


@require_POST
def act(request: HttpRequest, checkpoint: str, verb: str) -> HttpResponse:
    """Do ``verb``, then back to where it was pressed; 409 with the reason when it is refused."""
    found = Checkpoint.objects.select_related("run__project").filter(pk=checkpoint).first()
    if found is None:
        raise Http404(f"There is no checkpoint {checkpoint}. Its run may have been deleted.")
    if verb not in VERBS:
        raise Http404(f"Nothing called “{verb}” can be done to a checkpoint.")
    try:
        done = VERBS[verb](request, found)
    except RunError as refused:
        return told(request, str(refused), _back(request, found), status=409)
    return told(request, done, _back(request, found))


def _back(request: HttpRequest, checkpoint: Checkpoint) -> str:
    query = request.POST.get("back", "")
    here = reverse("project_checkpoints", args=[checkpoint.run.project.slug])
    return f"{here}?{query or f'ckpt={checkpoint.pk}'}"


def _pin(request: HttpRequest, checkpoint: Checkpoint) -> str:
    retention.keep(checkpoint)
    return f"{aliases.called(checkpoint)} is pinned: no policy takes it away"


def _unpin(request: HttpRequest, checkpoint: Checkpoint) -> str:
    checkpoint.is_pinned = False
    checkpoint.save(update_fields=["is_pinned"])
    return f"{aliases.called(checkpoint)} is not pinned any more"


def _check(request: HttpRequest, checkpoint: Checkpoint) -> str:
    checking.ask_for_check(checkpoint)
    return f"Every byte of {aliases.called(checkpoint)} will be read and compared"


def _notes(request: HttpRequest, checkpoint: Checkpoint) -> str:
    text = request.POST.get("notes", "").strip()
    if len(text) > MOST:
        raise RunError(f"This note has {len(text):,} letters; the most is {MOST:,}.")
    checkpoint.notes = text
    checkpoint.save(update_fields=["notes"])
    return "Note saved" if text else "Note removed"


def _alias(request: HttpRequest, checkpoint: Checkpoint) -> str:
    name = request.POST.get("name", "")
    move = aliases.move(checkpoint.run.project, name, checkpoint, request.user)
    if move is None:
        return f"It is {name} already"
    came = f", which was {move.before}" if move.before else ""
    return f"{move.after} is {move.name} now{came}"


def _unalias(request: HttpRequest, checkpoint: Checkpoint) -> str:
    name = request.POST.get("name", "")
    if name in checkpoint.aliases.values_list("name", flat=True):
        aliases.move(checkpoint.run.project, name, None, request.user)
    return f"{aliases.called(checkpoint)} is not {name} any more"


def _delete(request: HttpRequest, checkpoint: Checkpoint) -> str:
    return _take(request, checkpoint, Due.DELETE)


def _strip(request: HttpRequest, checkpoint: Checkpoint) -> str:
    return _take(request, checkpoint, Due.STRIP)


def _take(request: HttpRequest, checkpoint: Checkpoint, action: str) -> str:
    at_once = request.POST.get("when") == "now"
    done = retention.ask([checkpoint], action, at_once=at_once, user=request.user)
    if done.refused:
        raise RunError(" ".join(done.refused))
    name = aliases.called(checkpoint)
    what = "is deleted" if action == Due.DELETE else "holds only its weights"
    if done.asked:
        return (
            f"{name} is on another machine: its worker, {checkpoint.run.worker or 'without a name'}, is asked"
        )
    if at_once:
        return f"{name} {what}: {bytes_size(done.freed)} are free again"
    return f"{name} {what} in 2 h, unless it is pinned before"


VERBS: dict[str, Callable[[HttpRequest, Checkpoint], str]] = {
    "pin": _pin,
    "unpin": _unpin,
    "check": _check,
    "notes": _notes,
    "alias": _alias,
    "unalias": _unalias,
    "delete": _delete,
    "strip": _strip,
}
