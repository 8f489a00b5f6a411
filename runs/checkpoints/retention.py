"""Retention carried out: what the policies, or a person, want gone is announced, and taken away when it is due.

What is wanted gone stands on the row first (``due_at``, a while ahead), so that a person can keep it. The policies
themselves are in policies.py, what they come to in plans.py; both can be used from here.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from runs.checkpoints.deletion import take_away
from runs.checkpoints.files import CheckpointRefused
from runs.checkpoints.plans import Plan, check_metric, plan, present_rows, verdicts_on
from runs.checkpoints.policies import (
    Owner,
    limited_by_trainer,
    own_policy,
    policies_of,
    projects_with_policies,
    set_policy,
    user_name,
)
from runs.checkpoints.policy import Policy
from runs.checkpoints.protection import protected
from runs.models import Checkpoint, Project

__all__ = [
    "Done",
    "Owner",
    "Plan",
    "announce",
    "apply_now",
    "ask",
    "carry_out",
    "check_metric",
    "keep",
    "limited_by_trainer",
    "own_policy",
    "plan",
    "policies_of",
    "projects_with_policies",
    "set_policy",
    "verdicts_on",
]

log = logging.getLogger(__name__)

Due = Checkpoint.Due
#: Of a checkpoint that a policy must not take away, what the person is told who asked for it.
_KEPT_ALIVE = "{name} @ {step} stays: {why}."


@dataclass(frozen=True)
class Done:
    """How many were taken away, the bytes that the disk has back, and a sentence for each that was not.

    ``asked``: so many are on other machines, whose workers do it with their next word (chores.py).
    """

    count: int
    freed: int
    refused: list[str]
    asked: int = 0


def announce(project: Project, now: datetime | None = None) -> int:
    """Write on the rows what the policies of a project want gone, and when; take back what they no longer want.

    How many are to go. What a person asked for is not touched here.
    """
    now = now or timezone.now()
    found = plan(project)
    for verdict in found.verdicts:
        row = verdict.checkpoint
        if row.due_by or (row.due, row.due_because) == (verdict.action, verdict.why):
            continue
        if not verdict.action:
            _set_due(row, "", None, "")
        else:
            grace = timedelta(seconds=found.policies[row.run_id].grace)
            _set_due(row, verdict.action, row.due_at or now + grace, verdict.why)
    return len(found.steps)


def carry_out(project: Project, now: datetime | None = None) -> Done:
    """Take away what is due; what is protected meanwhile stays."""
    rows = list(present_rows(project))
    protections = protected(rows)
    due = [row for row in rows if row.due_at and row.due_at <= (now or timezone.now())]
    return _take(due, protections)


def apply_now(owner: Owner, user: Any = None) -> Done:
    """Take away at once what the policies want gone of an owner's checkpoints."""
    steps = plan(owner).steps
    for verdict in steps:
        _set_due(verdict.checkpoint, verdict.action, timezone.now(), verdict.why, user_name(user))
    rows = list(present_rows(owner))
    return _take([verdict.checkpoint for verdict in steps], protected(rows))


def ask(
    checkpoints: Sequence[Checkpoint], action: str, *, at_once: bool, user: Any = None, why: str = ""
) -> Done:
    """A person wants these gone: at once, or after the time in which it can be undone. Refused where protected."""
    rows = [row for row in checkpoints if not row.deleted_at]
    siblings = Checkpoint.objects.filter(run__in={row.run_id for row in rows}, deleted_at=None)
    protections = protected(list(siblings.select_related("run")))
    name = user_name(user)
    until = timezone.now() if at_once else timezone.now() + timedelta(seconds=Policy().grace)
    free = [row for row in rows if not protections.get(row.pk)]
    for row in free:
        _set_due(row, action, until, why or f"asked by {name or 'somebody'}", name or "somebody")
    refused = [_stays(row, protections[row.pk]) for row in rows if protections.get(row.pk)]
    if not at_once:
        return Done(len(free), 0, refused)
    done = _take(free, protections)
    return Done(done.count, done.freed, refused + done.refused, done.asked)


def keep(checkpoint: Checkpoint) -> None:
    """A person wants it kept: whatever was due is not any more, and no policy wants it gone again."""
    checkpoint.is_pinned = True
    checkpoint.save(update_fields=["is_pinned"])
    _set_due(checkpoint, "", None, "")


def _take(rows: Iterable[Checkpoint], protections: dict[str, list[str]]) -> Done:
    count = freed = asked = 0
    refused = []
    for row in rows:
        if reasons := protections.get(row.pk):
            _set_due(row, "", None, "")
            refused.append(_stays(row, reasons))
            continue
        if not row.is_here and not row.run.is_external:
            asked += 1
            continue
        try:
            freed += take_away(row, row.due, row.due_because)
            count += 1
        except CheckpointRefused as error:
            _set_due(row, "", None, "")
            refused.append(_stays(row, [str(error)]))
    if count:
        log.info("retention took %d checkpoints away: %d bytes are free again", count, freed)
    return Done(count, freed, refused, asked)


def _stays(row: Checkpoint, reasons: list[str]) -> str:
    return _KEPT_ALIVE.format(name=row.run.name, step=row.step, why=", ".join(reasons))


def _set_due(row: Checkpoint, action: str, when: datetime | None, why: str, user: str = "") -> None:
    row.due, row.due_at, row.due_because, row.due_by = action, when, why, user
    row.save(update_fields=["due", "due_at", "due_because", "due_by"])
