"""The compare page as a picture."""

from typing import cast

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from dashboard.pictures.comparison import MOST_CURVES, comparison_picture
from dashboard.views.access import project_or_404
from dashboard.views.compare import asked_runs, columns_of, in_order, percent_of
from runs.group_compare import compare_groups
from runs.replicates import listed
from runs.reports.choose import AXES
from runs.reports.lines import lines_of_groups, lines_of_runs
from runs.series.read import Axis


@require_safe
def picture(request: HttpRequest, project: str) -> HttpResponse:
    """The page as an SVG, of the same address."""
    owner = project_or_404(project)
    found = in_order(owner, asked_runs(owner, request.GET)[0], request.GET.get("base", ""))
    if not found:
        raise Http404("None of the runs of this link can be compared.")
    groups, is_grouped = columns_of(request, found)
    comparison = compare_groups(groups, percent_of(request) / 100)
    axis = request.GET.get("x", "step")
    axis = axis if axis in AXES else "step"
    runs = listed(groups)
    keys = [row.key for row in comparison.metrics if row.key.startswith("eval/")][:MOST_CURVES]
    read = lines_of_groups if is_grouped else lines_of_runs
    curves = [(key, read(runs, key, cast(Axis, axis))) for key in keys]
    return HttpResponse(comparison_picture(comparison, curves, axis), content_type="image/svg+xml")
