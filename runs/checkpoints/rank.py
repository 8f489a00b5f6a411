"""Which checkpoint is best: by one metric, measured at the checkpoint's own step."""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet

from runs.checkpoints.files import missing_resume_files
from runs.checkpoints.register import verify
from runs.models import Checkpoint, Project, Run, Sweep
from runs.models.checkpoint import IN_STORAGE


@dataclass(frozen=True)
class Ranked:
    """A checkpoint in a ranking; ``rank`` is None for one that cannot be used or was not measured."""

    rank: int | None
    checkpoint: Checkpoint
    value: float | None


def checkpoints_of(scope: Run | Sweep | Project) -> QuerySet[Checkpoint]:
    """All checkpoints of a run, a sweep or a project, with their runs: one query."""
    rows = Checkpoint.objects.select_related("run").filter(run__deleted_at=None)
    if isinstance(scope, Run):
        return rows.filter(run=scope)
    if isinstance(scope, Sweep):
        return rows.filter(run__sweep=scope)
    return rows.filter(run__project=scope)


def metric_keys(checkpoints: Iterable[Checkpoint]) -> list[str]:
    """The metrics that at least one checkpoint has: evaluations first, then by name."""
    keys = {key for checkpoint in checkpoints for key in checkpoint.metrics}
    return sorted(keys, key=lambda key: (not is_quality(key), key))


def is_quality(key: str) -> bool:
    """Whether a metric says how good a model is: an evaluation, and not how long it took."""
    return key.startswith(("eval/", "test/"))


def default_metric(checkpoints: Iterable[Checkpoint]) -> str:
    """The metric to rank by when nobody chose: the objective of most of the runs, else the first there is."""
    rows = list(checkpoints)
    common = Counter(row.run.objective for row in rows if row.run.objective in row.metrics)
    return common.most_common(1)[0][0] if common else next(iter(metric_keys(rows)), "")


def state_of(checkpoint: Checkpoint) -> str:
    """ "complete", "verified" (all of its bytes were read), "exported", "damaged" (``problem`` says how), "elsewhere"
    (on another machine), "stored" (only in the storage) or "deleted" (only the metrics are left).
    """
    if checkpoint.deleted_at:
        return "deleted"
    if not checkpoint.is_here:
        return "elsewhere"
    if checkpoint.problem == IN_STORAGE:
        return "stored"
    if checkpoint.problem:
        return "damaged"
    if checkpoint.exported_at:
        return "exported"
    return "verified" if checkpoint.verified_at else "complete"


def is_whole(checkpoint: Checkpoint) -> bool:
    """Whether it can be used, as far as is known."""
    return not checkpoint.deleted_at and not checkpoint.problem


def is_away(checkpoint: Checkpoint) -> bool:
    """Whether its files are whole as far as is known, but on a worker or in the storage."""
    with_worker = not checkpoint.is_here and not checkpoint.run.is_external
    return not checkpoint.deleted_at and (with_worker or checkpoint.problem == IN_STORAGE)


def is_full(checkpoint: Checkpoint) -> bool:
    """Whether a training can go on exactly from it."""
    return not missing_resume_files([name for name, _ in checkpoint.files])


def value_of(checkpoint: Checkpoint, metric: str) -> float | None:
    """The metric at the checkpoint's step, NaN and ±Inf included; None when it was not measured."""
    value = checkpoint.metrics.get(metric)
    try:
        return None if value is None else float(value)
    except (TypeError, ValueError):
        return None


def best(checkpoints: Iterable[Checkpoint], metric: str, greater_is_better: bool) -> Checkpoint | None:
    """The best usable checkpoint: complete, not deleted, finite value; of equal ones the earliest step."""
    usable = [checkpoint for checkpoint in checkpoints if _is_usable(checkpoint, metric)]
    return min(usable, key=lambda c: _order(c, metric, greater_is_better), default=None)


def ranked(project: Project, metric: str, greater_is_better: bool) -> list[Ranked]:
    """All checkpoints of a project, best first. Unusable ones stand at their value, without a number."""
    return rank(checkpoints_of(project), metric, greater_is_better)


def rank(checkpoints: Iterable[Checkpoint], metric: str, greater_is_better: bool) -> list[Ranked]:
    """Like ``ranked``, of any checkpoints."""
    ordered = sorted(checkpoints, key=lambda c: _order(c, metric, greater_is_better))
    rows, number = [], 0
    for checkpoint in ordered:
        usable = _is_usable(checkpoint, metric)
        number += usable
        rows.append(Ranked(number if usable else None, checkpoint, value_of(checkpoint, metric)))
    return rows


def measured(checkpoints: Iterable[Checkpoint], metric: str, greater_is_better: bool) -> list[Checkpoint]:
    """Those with a finite value, best first, wherever they are."""
    finite = [row for row in checkpoints if math.isfinite(_number(row, metric))]
    return sorted(finite, key=lambda row: _order(row, metric, greater_is_better))


def _number(checkpoint: Checkpoint, metric: str) -> float:
    value = value_of(checkpoint, metric)
    return math.nan if value is None else value


def resumable(run: Run) -> Checkpoint | None:
    """The latest checkpoint from which the training goes on exactly; its folder is looked at again now."""
    rows = run.checkpoints.filter(deleted_at=None, problem="").order_by("-step")
    for checkpoint in rows:
        if is_full(checkpoint) and not verify(checkpoint):
            return checkpoint
    return None


def kept_because(checkpoints: Iterable[Checkpoint]) -> dict[str, str]:
    """Why each checkpoint that still exists does: {id: "best", "last", "best, last" or ""}, run by run."""
    by_run: dict[str, list[Checkpoint]] = {}
    for checkpoint in checkpoints:
        if not checkpoint.deleted_at:
            by_run.setdefault(checkpoint.run_id, []).append(checkpoint)
    return {pk: text for group in by_run.values() for pk, text in _kept_in_run(group).items()}


def _kept_in_run(group: list[Checkpoint]) -> dict[str, str]:
    run = group[0].run
    # Those on a worker count as well: which of them are wanted here is asked with these words (chores.py).
    present = [checkpoint for checkpoint in group if is_whole(checkpoint) or is_away(checkpoint)]
    first = next(iter(measured(present, run.objective, run.greater_is_better)), None)
    last = max(group, key=lambda checkpoint: checkpoint.step)
    reasons = {"best": first, "last": last}
    return {c.pk: ", ".join(word for word, chosen in reasons.items() if chosen is c) for c in group}


def _is_usable(checkpoint: Checkpoint, metric: str) -> bool:
    value = value_of(checkpoint, metric)
    return is_whole(checkpoint) and value is not None and math.isfinite(value)


def _order(checkpoint: Checkpoint, metric: str, greater_is_better: bool) -> tuple[bool, float, int, str]:
    value = value_of(checkpoint, metric)
    missing = value is None or math.isnan(value)
    number = 0.0 if value is None or missing else value
    return missing, -number if greater_is_better else number, checkpoint.step, checkpoint.pk
