"""What is done to many runs at once: those named, or all that a filter lets through."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from runs import live
from runs.commands import CommandError, send_command
from runs.errors import RunError
from runs.labels import clean_tags, label_problems
from runs.models import Project, Run
from runs.removal import delete_soon
from runs.table.choose import choose
from runs.table.store import columns_of

#: Ids in one query.
BLOCK = 500


@dataclass(frozen=True)
class Done:
    """How many runs changed; ``refused``: a sentence for each that did not."""

    count: int
    refused: list[str] = field(default_factory=list)


def matching_ids(project: Project, q: str, expected: int | None = None) -> list[str]:
    """The runs that ``q`` lets through now. Raises QueryError, and RunError when there are not as many as the person
    saw, who would act on runs that nobody looked at.
    """
    with columns_of(project.pk) as columns:
        ids = [columns.index.ids[place] for place in choose(columns, q).places.tolist()]
    if expected is not None and len(ids) != expected:
        raise RunError(f"{len(ids)} runs match now, not {expected}: nothing was done. Look again.")
    return ids


def tag(project: Project, ids: Collection[str], add: list[str], remove: list[str]) -> Done:
    """Add and take away tags. A run that would have too many, or a tag that cannot be, is refused."""
    gone, changed, refused = set(clean_tags(remove)), [], []
    with transaction.atomic():
        for run in _runs(project, ids, "name", "tags", "version"):
            tags = clean_tags([tag for tag in run.tags if tag not in gone] + add)
            if problem := label_problems("", tags).get("tags"):
                refused.append(f"{run.name}: {problem}")
            elif tags != run.tags:
                run.tags, run.version = tags, F("version") + 1
                changed.append(run)
        Run.objects.bulk_update(changed, ["tags", "version"], batch_size=BLOCK)
        live.runs_changed(project.slug)
    return Done(len(changed), refused)


def archive(project: Project, ids: Collection[str], on: bool = True) -> Done:
    """Put runs away, or take them out again. What runs goes on running."""
    count = 0
    with transaction.atomic():
        for block in _blocks(ids):
            rows = Run.objects.filter(project=project, pk__in=block, archived_at__isnull=on)
            count += rows.update(archived_at=timezone.now() if on else None, version=F("version") + 1)
        live.runs_changed(project.slug)
    return Done(count)


def delete(project: Project, ids: Collection[str]) -> Done:
    """Delete runs so that it can be undone for a while (runs/removal.py)."""
    found = [delete_soon(project, block) for block in _blocks(ids)]
    return Done(sum(count for count, _ in found), [text for _, texts in found for text in texts])


def stop(project: Project, ids: Collection[str], user: Any = None) -> Done:
    """Ask runs to stop; those that wait leave the queue."""
    count, refused = 0, []
    for run in _runs(project, ids, "name", "state"):
        try:
            send_command(run, "stop", user=user)
            count += 1
        except CommandError as error:
            refused.append(f"{run.name}: {error}")
    return Done(count, refused)


def _runs(project: Project, ids: Collection[str], *fields: str) -> list[Run]:
    rows = (Run.objects.filter(project=project, pk__in=block).only(*fields) for block in _blocks(ids))
    return [run for block in rows for run in block]


def _blocks(ids: Collection[str]) -> list[list[str]]:
    every = list(dict.fromkeys(ids))
    return [every[at : at + BLOCK] for at in range(0, len(every), BLOCK)]
