"""Where a checkpoint comes from and what went on from it: run → checkpoint → forked run → its best checkpoint."""

from collections.abc import Sequence
from dataclasses import dataclass

from runs.checkpoints.rank import best
from runs.models import Checkpoint, Run

#: Checkpoints of the same run, and forks, that are shown.
MOST = 4


@dataclass(frozen=True)
class Fork:
    """A run that goes on from the checkpoint, and its own best checkpoint so far."""

    run: Run
    best: Checkpoint | None


@dataclass(frozen=True)
class Lineage:
    """``parent``: the run from whose checkpoint ``run`` goes on, itself or its checkpoint gone perhaps.

    ``siblings`` are checkpoints of the run, the chosen one among them, by step; ``hidden`` more are not shown.
    """

    run: Run
    chosen: Checkpoint
    parent: Run | None
    parent_checkpoint: Checkpoint | None
    siblings: list[Checkpoint]
    hidden: int
    forks: list[Fork]
    hidden_forks: int


def lineage(chosen: Checkpoint, ranked: Sequence[Checkpoint], metric: str, greater: bool) -> Lineage:
    """Of ``chosen``; ``ranked`` are the checkpoints of its run, the most interesting first. Five queries at most.

    Forks are told with their best by ``metric``.
    """
    run = chosen.run
    others = [row for row in ranked if row.pk != chosen.pk and not row.deleted_at]
    siblings = sorted([chosen, *others[: MOST - 1]], key=lambda row: row.step)
    forks = Run.objects.filter(parent=run, forked_step=chosen.step).order_by("created_at")
    shown = list(forks.defer("environment", "traceback")[: MOST + 1])
    parent = Run.objects.filter(pk=run.parent_id).first() if run.parent_id else None
    step = -1 if run.forked_step is None else run.forked_step
    origin = parent and Checkpoint.objects.select_related("run").filter(run=parent, step=step).first()
    return Lineage(
        run=run,
        chosen=chosen,
        parent=parent,
        parent_checkpoint=origin or None,
        siblings=siblings,
        hidden=max(0, len(others) - MOST + 1),
        forks=_forks(shown[:MOST], metric, greater),
        hidden_forks=forks.count() - MOST if len(shown) > MOST else 0,
    )


def _forks(runs: Sequence[Run], metric: str, greater: bool) -> list[Fork]:
    rows = Checkpoint.objects.filter(run__in=runs, deleted_at=None).select_related("run")
    by_run: dict[str, list[Checkpoint]] = {}
    for row in rows:
        by_run.setdefault(row.run_id, []).append(row)
    return [Fork(run, best(by_run.get(run.pk, []), metric, greater)) for run in runs]
