"""Try it: a checkpoint asked for what it makes of one input."""

from django.http import Http404, HttpRequest, JsonResponse
from django.views.decorators.http import require_POST

from dashboard.views.access import run_or_404
from runs.errors import ErrandError
from runs.evaluations.trying import try_it
from runs.models import Checkpoint


@require_POST
def ask(request: HttpRequest, run: str) -> JsonResponse:
    """The form's input for one checkpoint → {"errand"}, which the page follows; 422 with a sentence."""
    owner = run_or_404(run)
    rows = Checkpoint.objects.select_related("run").filter(
        run__project=owner.project_id, run__deleted_at=None
    )
    checkpoint = rows.filter(pk=request.POST.get("checkpoint", "")).first()
    if checkpoint is None:
        raise Http404("There is no such checkpoint.")
    given = {name: request.POST.get(name, "") for name in ("text", "second", "image", "audio")}
    try:
        errand = try_it(checkpoint, given, request.user)
    except ErrandError as refusal:
        return JsonResponse({"error": str(refusal)}, status=422)
    return JsonResponse({"errand": errand.pk}, status=201)
