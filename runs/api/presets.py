"""Presets: list, save, rename, delete."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, Router, Schema
from ninja.responses import Status

from runs.models import Preset, Project
from runs.presets import rename_preset, save_preset
from runs.sweeps.plan import plan_of_json

router = Router(tags=["presets"])


class PresetOut(Schema):
    """``spec`` holds what differs from the recipe's defaults; without a recipe it is for any."""

    id: int
    name: str
    spec: dict[str, Any]
    space: dict[str, Any]
    plan: dict[str, Any]
    created_by: str
    updated_at: datetime


class PresetIn(Schema):
    """``space`` and ``plan`` as of a sweep (docs/sweeps.md).

    ``replace``: an existing preset of that name is overwritten instead of refused.
    """

    project: str
    name: str
    spec: dict[str, Any]
    space: dict[str, Any] = Field(default_factory=dict)
    plan: dict[str, Any] = Field(default_factory=dict)
    replace: bool = False


class PresetName(Schema):
    name: str


@router.get("/presets", response=list[PresetOut])
def list_presets(request: HttpRequest, project: str) -> list[Preset]:
    """The presets of a project, by name."""
    return list(get_object_or_404(Project, slug=project).presets.all())


@router.post("/presets", response={201: PresetOut})
def create_preset(request: HttpRequest, body: PresetIn) -> Status:
    """Save settings by name; JSON, or YAML as for a launch."""
    project = get_object_or_404(Project, slug=body.project)
    plan = plan_of_json(body.plan)
    preset = save_preset(
        project, body.name, body.spec, body.space, plan, replace=body.replace, user=request.user
    )
    return Status(201, preset)


@router.patch("/presets/{preset_id}", response=PresetOut)
def change_preset(request: HttpRequest, preset_id: int, body: PresetName) -> Preset:
    """Call a preset something else."""
    preset = get_object_or_404(Preset, pk=preset_id)
    rename_preset(preset, body.name)
    return preset


@router.delete("/presets/{preset_id}", response={204: None})
def delete_preset(request: HttpRequest, preset_id: int) -> Status:
    """Delete a preset; runs that were made with it stay as they are."""
    get_object_or_404(Preset, pk=preset_id).delete()
    return Status(204, None)
