"""What the New run form begins with: a run, a sweep, a checkpoint, and what the link sets beside."""

from dataclasses import replace

from django.http import HttpRequest

from dashboard.forms.draft import Draft, from_post, from_query, from_spec
from runs.models import Checkpoint, Project, Run, Sweep
from runs.sweeps.plan import plan_of


def draft_of_link(request: HttpRequest) -> Draft:
    """The draft of ``?from=<run or sweep>`` or ``ckpt=<checkpoint>``, and upon it what the link sets."""
    start: Draft | None = None
    if wanted := request.GET.get("from"):
        start = _clone(wanted)
    elif wanted := request.GET.get("ckpt"):
        start = _fork(wanted)
    missing = () if start or not wanted else (_missing(request),)
    draft = from_query(request.GET, start)
    return replace(draft, notices=(*missing, *draft.notices))


def draft_of_form(request: HttpRequest, here: Project) -> Draft:
    """The form as it was sent; the page's own project is no choice worth keeping in a link."""
    draft = from_post(request.POST)
    return replace(draft, project="") if draft.project == here.slug else draft


def _clone(wanted: str) -> Draft | None:
    """Of a run, its trial or not, or of a sweep as a whole; None when there is neither."""
    if run := Run.objects.filter(pk=wanted).first():
        return from_spec(run.spec, tags=run.tags)
    if sweep := Sweep.objects.filter(pk=wanted).first():
        return from_spec(sweep.spec, sweep.space, plan_of(sweep), tags=sweep.tags)
    return None


def _fork(wanted: str) -> Draft | None:
    """The run of a checkpoint as it was set; what is launched goes on from there (runs/fork.py)."""
    found = Checkpoint.objects.select_related("run").filter(pk=wanted).first()
    if found is None:
        return None
    return replace(from_spec(found.run.spec, tags=found.run.tags), ckpt=found.pk)


def _missing(request: HttpRequest) -> str:
    if wanted := request.GET.get("from"):
        return f"There is no run or sweep {wanted[:60]}. It may have been deleted."
    return f"There is no checkpoint {request.GET['ckpt'][:60]}. It may have been deleted."
