"""What workers on other machines shall do with checkpoints: send those that the policies keep, remove what is due."""

from dataclasses import dataclass

from django.db.models import F, QuerySet
from django.utils import timezone

from runs.checkpoints import incoming
from runs.checkpoints.files import CheckpointRefused
from runs.checkpoints.protection import protected
from runs.checkpoints.wanted import siblings, wanted
from runs.models import Checkpoint
from runs.models.checkpoint import ELSEWHERE
from trainer_bridge.checkpoint_files import to_strip

Due = Checkpoint.Due
#: Sent at a time; the next are asked for when these have come.
MOST = 20


@dataclass(frozen=True)
class Chores:
    """Checkpoints to send here, and to take away there (each with its ``due``)."""

    uploads: list[Checkpoint]
    removals: list[Checkpoint]


def chores_of(worker: str) -> Chores:
    """For one worker. One query where it has none."""
    rows = list(_of_worker(worker).select_related("run__sweep", "run__project"))
    uploads: list[Checkpoint] = []
    for project in {row.run.project_id: row.run.project for row in rows}.values():
        uploads += wanted(project, [row for row in rows if row.run.project_id == project.pk])
    due = [row for row in rows if row.due_at and row.due_at <= timezone.now()]
    guarded = protected(siblings(due)) if due else {}
    removals = [row for row in due if not guarded.get(row.pk)]
    sent = [row for row in uploads if not row.due and not incoming.is_coming(row)]
    return Chores(sorted(sent, key=lambda row: -row.step)[:MOST], removals[:MOST])


def of_worker(worker: str, checkpoint_id: str) -> Checkpoint:
    """The checkpoint, if this worker has it and it is not here. Raises CheckpointRefused."""
    found = _of_worker(worker).select_related("run").filter(pk=checkpoint_id).first()
    if found is None:
        raise CheckpointRefused("it is not one that this worker is asked about")
    return found


def removed(checkpoint: Checkpoint, action: str) -> None:
    """The worker has done it."""
    if action == Due.DELETE:
        checkpoint.deleted_at, checkpoint.deleted_because = timezone.now(), checkpoint.due_because
    else:
        gone = set(to_strip(name for name, _ in checkpoint.files))
        checkpoint.files = [[name, size] for name, size in checkpoint.files if name not in gone]
        checkpoint.size = sum(size for _, size in checkpoint.files)
    checkpoint.due, checkpoint.due_at, checkpoint.due_because, checkpoint.due_by = "", None, "", ""
    checkpoint.save()


def _of_worker(worker: str) -> QuerySet[Checkpoint]:
    """Those whose attempt this worker trained, of runs that workers train, and whose files are not here."""
    return Checkpoint.objects.filter(
        problem=ELSEWHERE,
        deleted_at=None,
        run__deleted_at=None,
        run__origin="worker",
        run__attempts__worker=worker,
        run__attempts__number=F("attempt"),
    )
