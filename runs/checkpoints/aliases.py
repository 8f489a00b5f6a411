"""Aliases: names such as "candidate" and "production", each of one checkpoint of a project, moved with a history."""

import re
from typing import Any

from django.db import transaction

from runs.checkpoints.rank import is_whole
from runs.errors import RunError
from runs.models import Alias, AliasMove, Checkpoint, Project

#: Names offered before anybody made one.
SUGGESTED = ("candidate", "production")
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")


class AliasError(RunError):
    """An alias that cannot be given; the text says why."""


def move(project: Project, name: str, checkpoint: Checkpoint | None, user: Any = None) -> AliasMove | None:
    """Give the alias to ``checkpoint``, or with None take it away; the move, None if nothing changed.

    Raises AliasError for a name that cannot be, and a checkpoint that is another project's or cannot be used.
    """
    name = name.strip().lower()
    if problem := _problem(project, name, checkpoint):
        raise AliasError(problem)
    with transaction.atomic():
        old = Alias.objects.select_for_update().filter(project=project, name=name).first()
        before = old.checkpoint if old else None
        if before == checkpoint:
            return None
        if old is not None and checkpoint is None:
            old.delete()
        elif checkpoint is not None:
            Alias.objects.update_or_create(project=project, name=name, defaults={"checkpoint": checkpoint})
        return AliasMove.objects.create(
            project=project,
            name=name,
            from_checkpoint=before,
            to_checkpoint=checkpoint,
            before=called(before),
            after=called(checkpoint),
            user=user.get_username() if user is not None and user.is_authenticated else "",
        )


def called(checkpoint: Checkpoint | None) -> str:
    """ "vit-lr3e-4 @ 4200", "" for none."""
    return f"{checkpoint.run.name} @ {checkpoint.step}" if checkpoint else ""


def names_of(project: Project) -> dict[str, list[str]]:
    """{checkpoint id: its aliases}: one query."""
    found: dict[str, list[str]] = {}
    for pk, name in Alias.objects.filter(project=project).values_list("checkpoint_id", "name"):
        found.setdefault(pk, []).append(name)
    return found


def _problem(project: Project, name: str, checkpoint: Checkpoint | None) -> str:
    if not _NAME.fullmatch(name):
        return (
            f"“{name[:60]}” is no alias: up to 40 small letters, digits, dots and dashes, such as production."
        )
    if checkpoint is None:
        return ""
    if checkpoint.run.project_id != project.pk:
        return f"{called(checkpoint)} is of another project."
    if not is_whole(checkpoint):
        why = "was deleted" if checkpoint.deleted_at else f"cannot be used: {checkpoint.problem}"
        return f"{called(checkpoint)} {why}, so it gets no alias."
    return ""
