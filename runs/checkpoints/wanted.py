"""Which checkpoints are worth their way over a network: to this machine, or into the storage."""

from collections.abc import Sequence

from runs.checkpoints.judge import Verdict
from runs.checkpoints.plans import verdicts_on
from runs.checkpoints.rank import kept_because
from runs.models import Checkpoint, Project


def wanted(project: Project, rows: Sequence[Checkpoint]) -> list[Checkpoint]:
    """Those of ``rows`` that a policy keeps. Where the policy keeps everything, only the best and the last of each
    run: nobody said that all of them are wanted.
    """
    every = siblings(rows)
    words = kept_because(every)
    keeps = {verdict.checkpoint.pk for verdict in verdicts_on(project, every) if _is_wanted(verdict, words)}
    return [row for row in rows if row.pk in keeps]


def siblings(rows: Sequence[Checkpoint]) -> list[Checkpoint]:
    """All checkpoints of their runs."""
    found = Checkpoint.objects.filter(run__in={row.run_id for row in rows}, deleted_at=None)
    return list(found.select_related("run__sweep"))


def _is_wanted(verdict: Verdict, words: dict[str, str]) -> bool:
    return not verdict.action and bool(verdict.kept or words.get(verdict.checkpoint.pk))
