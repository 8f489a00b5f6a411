"""Adopting a folder that a Trainer wrote."""

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Schema
from ninja.responses import Status

from runs.adopt.adopt import adopt, folder_to_read
from runs.models import Project

router = Router(tags=["checkpoints"])


class AdoptIn(Schema):
    """``folder`` on the server's machine, where it may be read (TRAINBOARD_DATA_FOLDERS)."""

    folder: str
    name: str = ""


class Adopted(Schema):
    """``notes`` say what is damaged or not known."""

    run: str
    name: str
    recipe: str
    notes: list[str]


@router.post("/projects/{slug}/adopt", response={201: Adopted})
def adopt_folder(request: HttpRequest, slug: str, body: AdoptIn) -> Status:
    """Make a run of a Trainer's output folder; 409 with the reason when that cannot be."""
    project = get_object_or_404(Project, slug=slug)
    run = adopt(project, folder_to_read(body.folder), name=body.name, user=request.user)
    adopted = run.environment["adopted"]
    return Status(
        201, Adopted(run=run.pk, name=run.name, recipe=run.spec.get("recipe", ""), notes=adopted["notes"])
    )
