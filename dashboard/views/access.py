"""Objects from the address, or a 404 that says what was looked for."""

from django.http import Http404

from runs.models import Project, Run, Sweep


def project_or_404(slug: str) -> Project:
    """The project with this slug; Http404 with a sentence if there is none."""
    try:
        return Project.objects.get(slug=slug)
    except Project.DoesNotExist:
        raise Http404(f"There is no project “{slug}”.") from None


def run_or_404(run_id: str) -> Run:
    """The run with its project and sweep, in one query; Http404 with a sentence if there is none."""
    try:
        return Run.objects.select_related("project", "sweep").get(pk=run_id)
    except Run.DoesNotExist:
        raise Http404(f"There is no run {run_id}. It may have been deleted.") from None


def sweep_or_404(sweep_id: str) -> Sweep:
    """The sweep with its project, in one query; Http404 with a sentence if there is none."""
    try:
        return Sweep.objects.select_related("project").get(pk=sweep_id)
    except Sweep.DoesNotExist:
        raise Http404(f"There is no sweep {sweep_id}. It may have been deleted.") from None
