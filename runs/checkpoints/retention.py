"""Retention: whose policy counts for a run, what it would take away now and why, and carrying that out.

A run's own policy counts before its sweep's, that before the project's; without any, everything is kept. What a policy
wants gone is announced on the row first (``due_at``, a while ahead), so that a person can keep it.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from runs.checkpoints.deletion import take_away
from runs.checkpoints.disk import freed_by
from runs.checkpoints.files import CheckpointRefused, folder_of
from runs.checkpoints.judge import Verdict, judge
from runs.checkpoints.policy import Policy, policy_of_budget, read_policy
from runs.checkpoints.protection import protected
from runs.checkpoints.rank import checkpoints_of
from runs.models import Checkpoint, Project, Retention, Run, Sweep
from trainer_bridge.checkpoint_files import to_strip

log = logging.getLogger(__name__)

Due = Checkpoint.Due
Owner = Project | Sweep | Run
#: Of a checkpoint that a policy must not take away, what the person is told who asked for it.
_KEPT_ALIVE = "{name} @ {step} stays: {why}."


@dataclass(frozen=True)
class Plan:
    """What would be taken away now; ``freed`` bytes would the disk here have back. ``elsewhere`` of the steps are for
    workers on other machines to do.
    """

    verdicts: list[Verdict]
    freed: int = 0
    elsewhere: int = 0
    policies: dict[str, Policy] = field(default_factory=dict)

    @property
    def steps(self) -> list[Verdict]:
        return [verdict for verdict in self.verdicts if verdict.action]


@dataclass(frozen=True)
class Done:
    """How many were taken away, the bytes that the disk has back, and a sentence for each that was not.

    ``asked``: so many are on other machines, whose workers do it with their next word (chores.py).
    """

    count: int
    freed: int
    refused: list[str]
    asked: int = 0


# --- policies ---


def set_policy(owner: Owner, policy: Policy | None, user: Any = None) -> None:
    """Give a project, a sweep or a run its own policy; None takes it away again."""
    which = _which(owner)
    if policy is None:
        Retention.objects.filter(**which).delete()
        return
    changed = {"policy": policy.as_json(), "changed_by": _name_of(user)}
    Retention.objects.update_or_create(**which, defaults=changed)


def own_policy(owner: Owner) -> Policy | None:
    """The policy that was set for exactly this owner."""
    row = Retention.objects.filter(**_which(owner)).first()
    if row is not None:
        return read_policy(row.policy)
    return _budget(owner) if isinstance(owner, Sweep) else None


def policies_of(project: Project, runs: Iterable[Run]) -> dict[str, tuple[Policy, str]]:
    """{run id: (policy, whose it is: "run", "sweep", "project" or "")}: one query."""
    rows = list(Retention.objects.filter(project=project).select_related("sweep"))
    by_run = {row.run_id: read_policy(row.policy) for row in rows if row.run_id}
    by_sweep = {row.sweep_id: read_policy(row.policy) for row in rows if row.sweep_id}
    default = next((read_policy(row.policy) for row in rows if not row.run_id and not row.sweep_id), None)
    found = {}
    for run in runs:
        if run.pk in by_run:
            found[run.pk] = by_run[run.pk], "run"
        elif run.sweep_id and (policy := by_sweep.get(run.sweep_id) or _budget(run.sweep)):
            found[run.pk] = policy, "sweep"
        else:
            found[run.pk] = default or Policy(), "project" if default else ""
    return found


def _budget(sweep: Sweep | None) -> Policy | None:
    return policy_of_budget(sweep.checkpoint_budget) if sweep and sweep.checkpoint_budget else None


def _which(owner: Owner) -> dict[str, Any]:
    if isinstance(owner, Project):
        return {"project": owner, "sweep": None, "run": None}
    is_run = isinstance(owner, Run)
    return {
        "project_id": owner.project_id,
        "sweep": None if is_run else owner,
        "run": owner if is_run else None,
    }


# --- plans ---


def plan(owner: Owner, instead: Policy | None = None) -> Plan:
    """What is to be taken away from an owner's checkpoints now; ``instead``: if this were its policy."""
    project = owner if isinstance(owner, Project) else owner.project
    rows = list(_rows(owner))
    runs = {row.run_id: row.run for row in rows}
    policies = policies_of(project, runs.values())
    if instead is not None:
        policies |= {
            pk: (instead, _level(owner)) for pk, found in policies.items() if _yields(owner, found[1])
        }
    verdicts = _verdicts(rows, policies)
    elsewhere = sum(bool(verdict.action) and not verdict.checkpoint.is_here for verdict in verdicts)
    return Plan(verdicts, _freed(verdicts), elsewhere, {pk: policy for pk, (policy, _) in policies.items()})


def verdicts_on(project: Project, rows: Sequence[Checkpoint]) -> list[Verdict]:
    """What the policies of a project say of its checkpoints ``rows``, their runs and sweeps loaded: three queries."""
    present = [row for row in rows if not row.deleted_at]
    runs = {row.run_id: row.run for row in present}
    return _verdicts(present, policies_of(project, runs.values()))


def _rows(owner: Owner) -> QuerySet[Checkpoint]:
    rows = checkpoints_of(owner).filter(deleted_at=None).select_related("run__sweep")
    return rows.defer("run__environment", "run__traceback", "run__spec", "run__sweep__spec", "sha256")


def _level(owner: Owner) -> str:
    return {Project: "project", Sweep: "sweep", Run: "run"}[type(owner)]


def _yields(owner: Owner, level: str) -> bool:
    """Whether a run whose policy is of ``level`` would follow a new one of ``owner``."""
    order = ("", "project", "sweep", "run")
    return order.index(level) <= order.index(_level(owner))


def _verdicts(rows: Sequence[Checkpoint], policies: dict[str, tuple[Policy, str]]) -> list[Verdict]:
    """Pool by pool: the runs of a sweep under its policy are one, each other run is one of its own."""
    protections = protected(rows)
    pools: dict[tuple[str, str], list[Checkpoint]] = defaultdict(list)
    for row in rows:
        level = policies[row.run_id][1]
        pools[
            "sweep" if level == "sweep" else "run", str(row.run.sweep_id if level == "sweep" else row.run_id)
        ].append(row)
    found = []
    for (pool, _), group in pools.items():
        found += judge(group, policies[group[0].run_id][0], protections, pool)
    return found


def _freed(verdicts: Iterable[Verdict]) -> int:
    paths = []
    for verdict in verdicts:
        if verdict.action:
            names = [name for name, _ in verdict.checkpoint.files]
            names = names if verdict.action == Due.DELETE else to_strip(names)
            try:
                folder = folder_of(verdict.checkpoint)
            except CheckpointRefused:
                continue
            paths += [folder / name for name in names]
    return freed_by(paths)


# --- carrying out ---


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
    rows = list(_rows(project))
    protections = protected(rows)
    due = [row for row in rows if row.due_at and row.due_at <= (now or timezone.now())]
    return _take(due, protections)


def apply_now(owner: Owner, user: Any = None) -> Done:
    """Take away at once what the policies want gone of an owner's checkpoints."""
    steps = plan(owner).steps
    for verdict in steps:
        _set_due(verdict.checkpoint, verdict.action, timezone.now(), verdict.why, _name_of(user))
    rows = list(_rows(owner))
    return _take([verdict.checkpoint for verdict in steps], protected(rows))


def ask(
    checkpoints: Sequence[Checkpoint], action: str, *, at_once: bool, user: Any = None, why: str = ""
) -> Done:
    """A person wants these gone: at once, or after the time in which it can be undone. Refused where protected."""
    rows = [row for row in checkpoints if not row.deleted_at]
    siblings = Checkpoint.objects.filter(run__in={row.run_id for row in rows}, deleted_at=None)
    protections = protected(list(siblings.select_related("run")))
    user_name = _name_of(user)
    until = timezone.now() if at_once else timezone.now() + timedelta(seconds=Policy().grace)
    free = [row for row in rows if not protections.get(row.pk)]
    for row in free:
        _set_due(row, action, until, why or f"asked by {user_name or 'somebody'}", user_name or "somebody")
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


def _name_of(user: Any) -> str:
    return user.get_username() if user is not None and user.is_authenticated else ""


def limited_by_trainer(owner: Owner) -> int:
    """How many runs have ``save_total_limit``: there the Trainer removes checkpoints itself, before any policy."""
    runs = Run.objects.filter(spec__args__save_total_limit__isnull=False)
    if isinstance(owner, Run):
        return runs.filter(pk=owner.pk).count()
    return runs.filter(**{"project" if isinstance(owner, Project) else "sweep": owner}).count()


def projects_with_policies() -> QuerySet[Project]:
    """Those for which the background has anything to do."""
    has_policy = Q(pk__in=Retention.objects.values("project"))
    has_budget = Q(pk__in=Sweep.objects.exclude(checkpoint_budget={}).values("project"))
    is_due = Q(pk__in=Checkpoint.objects.filter(due_at__isnull=False).values("run__project"))
    return Project.objects.filter(has_policy | has_budget | is_due)
