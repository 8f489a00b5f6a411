"""Reading checkpoints whole, in the background: their checksums are taken once, and compared when somebody asks.

A row that waits has ``check_at`` in the past. Who takes it moves that ahead (a lease), so that two processes do not
read the same files, and what a killed one had in hand is read again.
"""

import logging
from datetime import datetime, timedelta

from django.utils import timezone

from runs.checkpoints import incoming, storing
from runs.checkpoints.files import folder_of, list_files
from runs.checkpoints.register import CHANGED, problem_now
from runs.checkpoints.verify import GONE
from runs.models import Checkpoint
from runs.models.checkpoint import IN_STORAGE
from trainer_bridge.checkpoint_files import manifest

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=15)


def ask_for_check(checkpoint: Checkpoint) -> None:
    """Have all bytes of a checkpoint read and compared soon."""
    Checkpoint.objects.filter(pk=checkpoint.pk, deleted_at=None).update(check_at=timezone.now())


def check_next(now: datetime | None = None) -> bool:
    """Check the one that has waited longest; whether there was one."""
    now = now or timezone.now()
    waiting = Checkpoint.objects.filter(check_at__lte=now).order_by("check_at")
    for checkpoint in waiting[:5]:
        mine = Checkpoint.objects.filter(pk=checkpoint.pk, check_at=checkpoint.check_at)
        if mine.update(check_at=now + LEASE):
            check(checkpoint)
            return True
    return False


def check(checkpoint: Checkpoint) -> str:
    """Read all files and store what was found; the problem, "" when it is whole and what was saved."""
    if incoming.is_coming(checkpoint):
        return "" if incoming.settle(checkpoint) else checkpoint.problem
    found: dict[str, object] = {"check_at": None}
    problem = problem_now(checkpoint)
    if problem == IN_STORAGE:
        problem = storing.bring(checkpoint)
    if not problem:
        try:
            sums = {name: sha for name, _, sha in manifest(folder_of(checkpoint))}
        except OSError as error:
            sums, problem = {}, f"cannot be read: {error.strerror}"
        problem = problem or difference(checkpoint.sha256, sums)
        if not problem:
            found |= {"sha256": sums, "verified_at": timezone.now(), **_sizes(checkpoint)}
    # The Trainer's rotation may have been quicker: its event tells of that.
    if problem and problem != GONE and checkpoint.is_here:
        log.warning("checkpoint %s of run %s is damaged: %s", checkpoint.step, checkpoint.run_id, problem)
    found |= {"problem": problem}
    # Not when it was deleted, or saved again, while its files were read.
    same = {"pk": checkpoint.pk, "deleted_at": None, "created_at": checkpoint.created_at}
    Checkpoint.objects.filter(**same).update(**found)
    return problem


def difference(saved: dict[str, str], now: dict[str, str]) -> str:
    """Which file is not what was saved, in words; "" when all are. Files that came later do not matter."""
    for name, value in saved.items():
        if name not in now:
            return f"{name} is missing"
        if now[name] != value:
            return f"{name} {CHANGED}: its checksum is another"
    return ""


def _sizes(checkpoint: Checkpoint) -> dict[str, object]:
    files = list_files(folder_of(checkpoint))
    return {"files": [list(file) for file in files], "size": sum(size for _, size in files)}
