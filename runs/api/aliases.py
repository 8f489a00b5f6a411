"""Aliases of checkpoints: who has which, moved, with their history."""

from datetime import datetime

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Schema
from ninja.errors import HttpError
from ninja.responses import Status

from runs.checkpoints import aliases
from runs.models import Alias, AliasMove, Checkpoint, Project

router = Router(tags=["checkpoints"])


class AliasOut(Schema):
    name: str
    checkpoint: str
    run: str
    run_name: str
    step: int
    moved_at: datetime


class AliasIn(Schema):
    """The id of the checkpoint that shall have it."""

    checkpoint: str


class MoveOut(Schema):
    """``before`` and ``after`` as "run @ step", "" for none; the ids are null once a checkpoint's run is gone."""

    name: str
    before: str
    after: str
    from_checkpoint: str | None
    to_checkpoint: str | None
    user: str
    moved_at: datetime


@router.get("/projects/{slug}/aliases", response=list[AliasOut])
def list_aliases(request: HttpRequest, slug: str) -> list[AliasOut]:
    """Every alias of the project, by name."""
    project = get_object_or_404(Project, slug=slug)
    return [_out(alias) for alias in project.aliases.select_related("checkpoint__run")]


@router.get("/projects/{slug}/aliases/moves", response=list[MoveOut])
def list_moves(request: HttpRequest, slug: str, name: str = "", limit: int = 100) -> list[MoveOut]:
    """Who moved which alias, the newest first."""
    moves = get_object_or_404(Project, slug=slug).alias_moves.all()
    chosen = moves.filter(name=name) if name else moves
    return [_move(move) for move in chosen[: max(1, min(limit, 1000))]]


@router.get("/projects/{slug}/aliases/{name}", response=AliasOut)
def read_alias(request: HttpRequest, slug: str, name: str) -> AliasOut:
    project = get_object_or_404(Project, slug=slug)
    alias = project.aliases.select_related("checkpoint__run").filter(name=name).first()
    if alias is None:
        raise HttpError(404, f"No checkpoint of {project.name} is “{name}”.")
    return _out(alias)


@router.put("/projects/{slug}/aliases/{name}", response=AliasOut)
def move_alias(request: HttpRequest, slug: str, name: str, body: AliasIn) -> AliasOut:
    """Give the alias to a checkpoint; another loses it."""
    project = get_object_or_404(Project, slug=slug)
    checkpoint = get_object_or_404(Checkpoint.objects.select_related("run"), pk=body.checkpoint)
    aliases.move(project, name, checkpoint, request.user)
    return read_alias(request, slug, name.strip().lower())


@router.delete("/projects/{slug}/aliases/{name}", response={204: None})
def take_alias_away(request: HttpRequest, slug: str, name: str) -> Status:
    """Nobody has it then; its history stays."""
    aliases.move(get_object_or_404(Project, slug=slug), name, None, request.user)
    return Status(204, None)


def _out(alias: Alias) -> AliasOut:
    checkpoint = alias.checkpoint
    return AliasOut(
        name=alias.name,
        checkpoint=checkpoint.pk,
        run=checkpoint.run_id,
        run_name=checkpoint.run.name,
        step=checkpoint.step,
        moved_at=alias.moved_at,
    )


def _move(move: AliasMove) -> MoveOut:
    same = MoveOut.model_fields.keys() - {"from_checkpoint", "to_checkpoint"}
    return MoveOut(
        **{name: getattr(move, name) for name in same},
        from_checkpoint=move.from_checkpoint_id,
        to_checkpoint=move.to_checkpoint_id,
    )
