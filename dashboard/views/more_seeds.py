"""The buttons of the compare page that queue more seeds, and evaluations of the leaders."""

from urllib.parse import urlencode

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from dashboard.views.access import project_or_404
from dashboard.views.compare import asked_ids, in_order
from runs.confirm import confirm
from runs.errors import RunError, SpecError
from runs.leaders import MOST_LEADERS
from runs.models import Checkpoint, Run
from runs.more_seeds import queue_seeds
from runs.replicates import Group, group_replicates

#: Runs that one message names.
MOST_NAMED = 4


@require_POST
def more_seeds(request: HttpRequest, project: str) -> HttpResponse:
    """Queue the seeds of each ``more=<run>:<seed>,<seed>`` for the group of that run, and compare them too."""
    owner = project_or_404(project)
    asked = asked_ids(request.POST)
    groups = group_replicates(in_order(owner, asked, request.POST.get("base", "")))
    try:
        added = _queue(request, groups)
    except (RunError, SpecError) as error:
        messages.error(request, str(error))
        added = []
    else:
        messages.info(request, _told(added))
    query = {"runs": ",".join(dict.fromkeys([*asked, *(run.pk for run in added)])), "seeds": "1"}
    query |= {name: request.POST[name] for name in ("base", "ci") if request.POST.get(name)}
    return redirect(f"{reverse('project_compare', args=[owner.slug])}?{urlencode(query, safe=',')}")


@require_POST
def confirm_leaders(request: HttpRequest, project: str) -> HttpResponse:
    """Queue an evaluation of each ``checkpoint`` on the test split, and go back to the comparison of ``runs``."""
    owner = project_or_404(project)
    rows = Checkpoint.objects.select_related("run__project").filter(run__project=owner)
    found = list(rows.filter(pk__in=request.POST.getlist("checkpoint")[:MOST_LEADERS]))
    try:
        if not found:
            raise RunError("None of these checkpoints is there any more. Open the page again.")
        made = confirm(found, request.user)
    except (RunError, SpecError) as error:
        messages.error(request, str(error))
    else:
        messages.info(request, f"Queued on the test split: {', '.join(run.name for run in made)}.")
    query = {"runs": ",".join(asked_ids(request.POST)), "base": request.POST.get("base", "")}
    kept = {name: text for name, text in query.items() if text}
    return redirect(f"{reverse('project_compare', args=[owner.slug])}?{urlencode(kept, safe=',')}")


@transaction.atomic
def _queue(request: HttpRequest, groups: list[Group]) -> list[Run]:
    """All of it or nothing. Raises RunError, SpecError."""
    added: list[Run] = []
    for text in request.POST.getlist("more"):
        pk, _, seeds = text.partition(":")
        group = next((group for group in groups if pk in {run.pk for run in group.members}), None)
        if group is None or not all(seed.isdecimal() for seed in seeds.split(",")):
            raise RunError(f"“{text}” names no run of this comparison with its seeds. Open the page again.")
        added += queue_seeds(group, [int(seed) for seed in seeds.split(",")], request.user)
    if not added:
        raise RunError("No seeds were named. Open the page again.")
    return added


def _told(added: list[Run]) -> str:
    names = [run.name for run in added]
    few = ", ".join(names[:MOST_NAMED]) + (
        f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    )
    return f"Queued {'1 run' if len(names) == 1 else f'{len(names)} runs'}: {few}. They count once they have finished."
