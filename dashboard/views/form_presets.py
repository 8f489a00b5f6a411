"""The presets of the New run form: put over it, saved from it, renamed, deleted and brought back."""

import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from dashboard.forms import presets
from dashboard.forms.draft import to_query
from dashboard.forms.reading import read
from dashboard.views.access import project_or_404
from dashboard.views.form_sheets import sheet
from dashboard.views.new_start import draft_of_form
from runs.errors import SpecError
from runs.models import Preset, Project
from runs.presets import PresetError, rename_preset, save_preset
from runs.sweeps.plan import plan_of_json


@require_POST
def all_presets(request: HttpRequest, project: str) -> JsonResponse:
    """The project's presets, and a place to save the form as one."""
    return _presets(project_or_404(project))


@require_POST
def save(request: HttpRequest, project: str) -> JsonResponse:
    """Save the form as the preset ``preset_name``; ``replace`` overwrites one of that name."""
    here = project_or_404(project)
    reading = read(draft_of_form(request, here))
    name, any_recipe = request.POST.get("preset_name", ""), bool(request.POST.get("any_recipe"))
    typed: dict[str, Any] = {"typed_name": name, "any_recipe": any_recipe}
    if reading.problems:
        return _presets(here, 422, error="The form has problems to fix first.", **typed)
    spec = presets.spec_to_save(reading, any_recipe=any_recipe)
    try:
        preset = save_preset(
            here,
            name,
            spec,
            reading.space,
            reading.plan,
            replace=bool(request.POST.get("replace")),
            user=request.user,
        )
    except PresetError as refused:
        return _presets(here, 422, error=str(refused), taken=refused.taken, **typed)
    return _presets(here, text=f"Preset “{preset.name}” saved")


@require_POST
def apply(request: HttpRequest, project: str, preset: int) -> JsonResponse:
    """The form with the preset over it; the page that shows it says what changed."""
    here = project_or_404(project)
    applied = presets.apply(draft_of_form(request, here), _preset(here, preset))
    messages.info(request, applied.text)
    return JsonResponse({"link": to_query(applied.draft).urlencode()})


@require_POST
def rename(request: HttpRequest, project: str, preset: int) -> JsonResponse:
    here = project_or_404(project)
    found = _preset(here, preset)
    before, name = found.name, request.POST.get("preset_name", "")
    try:
        rename_preset(found, name)
    except PresetError as refused:
        return _presets(here, 422, rename_error=str(refused), renaming=preset, renamed_to=name)
    return _presets(here, text=f"Preset “{before}” is called “{found.name}” now")


@require_POST
def delete(request: HttpRequest, project: str, preset: int) -> JsonResponse:
    """Delete a preset; ``undo`` in the answer is what brings it back."""
    here = project_or_404(project)
    found = _preset(here, preset)
    found.delete()
    undo = json.dumps({name: getattr(found, name) for name in ("name", "spec", "space", "plan")})
    return _presets(here, text=f"Preset “{found.name}” deleted", undo=undo)


@require_POST
def restore(request: HttpRequest, project: str) -> JsonResponse:
    """Undo of a deletion: save what it answered once more."""
    here = project_or_404(project)
    try:
        kept = json.loads(request.POST.get("undo", ""))
        plan = plan_of_json(kept["plan"])
        preset = save_preset(here, kept["name"], kept["spec"], kept["space"], plan, user=request.user)
    except SpecError:
        return _presets(here, 422, error="The recipe changed since: the preset cannot be brought back.")
    except PresetError as refused:
        return _presets(here, 422, error=str(refused))
    except (ValueError, KeyError, TypeError, AttributeError):
        return _presets(here, 422, error="This is no deleted preset.")
    return _presets(here, text=f"Preset “{preset.name}” is back")


def _preset(here: Project, preset: int) -> Preset:
    return get_object_or_404(Preset, pk=preset, project=here)


def _presets(
    here: Project, status: int = 200, *, text: str = "", undo: str = "", **context: Any
) -> JsonResponse:
    rows = list(here.presets.all())
    return sheet("presets", {"presets": rows, "project": here, **context}, status, text=text, undo=undo)
