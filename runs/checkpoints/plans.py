"""What the policies would take away now, exactly and why; nothing is changed."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import QuerySet

from runs.checkpoints.disk import freed_by
from runs.checkpoints.files import CheckpointRefused, folder_of
from runs.checkpoints.judge import Verdict, judge
from runs.checkpoints.policies import Owner, policies_of
from runs.checkpoints.policy import Policy, PolicyError
from runs.checkpoints.protection import protected
from runs.checkpoints.rank import checkpoints_of, metric_keys
from runs.models import Checkpoint, Project, Run, Sweep
from trainer_bridge.checkpoint_files import to_strip
from trainer_bridge.fields import did_you_mean

Due = Checkpoint.Due


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


def plan(owner: Owner, instead: Policy | None = None) -> Plan:
    """What is to be taken away from an owner's checkpoints now; ``instead``: if this were its policy."""
    project = owner if isinstance(owner, Project) else owner.project
    rows = list(present_rows(owner))
    runs = {row.run_id: row.run for row in rows}
    policies = policies_of(project, runs.values())
    if instead is not None:
        policies |= {
            pk: (instead, _level(owner)) for pk, found in policies.items() if _yields(owner, found[1])
        }
    verdicts = _verdicts(rows, policies)
    elsewhere = sum(bool(verdict.action) and not verdict.checkpoint.is_here for verdict in verdicts)
    return Plan(verdicts, _freed(verdicts), elsewhere, {pk: policy for pk, (policy, _) in policies.items()})


def check_metric(owner: Owner, policy: Policy) -> Policy:
    """The policy; raises PolicyError where it ranks by what none of the owner's checkpoints has measured."""
    keys = metric_keys(checkpoints_of(owner).only("metrics", "run")) if policy.metric else []
    if keys and policy.metric not in keys:
        hint = did_you_mean(policy.metric, keys)
        raise PolicyError({"metric": f"No checkpoint here has measured {policy.metric}.{hint}"})
    return policy


def verdicts_on(project: Project, rows: Sequence[Checkpoint]) -> list[Verdict]:
    """What the policies of a project say of its checkpoints ``rows``, their runs and sweeps loaded: three queries."""
    present = [row for row in rows if not row.deleted_at]
    runs = {row.run_id: row.run for row in present}
    return _verdicts(present, policies_of(project, runs.values()))


def present_rows(owner: Owner) -> QuerySet[Checkpoint]:
    """The checkpoints of an owner that are not deleted, with their runs and sweeps."""
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
