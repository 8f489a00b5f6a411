"""The best of many on data that nobody chose by: the test split, where a recipe has one."""

from collections.abc import Sequence
from typing import Any

from runs.checkpoints.rank import best
from runs.errors import RunError
from runs.evaluations.again import evaluate_again, problem_with
from runs.models import Checkpoint, Run
from runs.replicates import Group
from runs.states import State

PART = "test"


def has_test(run: Run) -> bool:
    """Whether the run told that its data has a split that it was not chosen by."""
    data = run.environment.get("data")
    return isinstance(data, dict) and bool(data.get(PART))


def confirmable(groups: Sequence[Group]) -> list[Checkpoint]:
    """The best checkpoint of each group whose data has a test split: one query, none where there is no such split."""
    runs = {run.pk: run for group in groups for run in group.counted if has_test(run)}
    if not runs:
        return []
    rows = Checkpoint.objects.filter(run__in=list(runs), deleted_at=None, problem="").select_related(
        "run__project"
    )
    by_run: dict[str, list[Checkpoint]] = {}
    for row in rows:
        by_run.setdefault(row.run_id, []).append(row)
    found = []
    for group in groups:
        kept = [row for run in group.counted for row in by_run.get(run.pk, [])]
        chosen = best(kept, group.first.objective, group.first.greater_is_better)
        if chosen is not None:
            found.append(chosen)
    return found


def confirmed(checkpoints: Sequence[Checkpoint]) -> dict[str, Run]:
    """{checkpoint: its latest evaluation on the test split}, also one that is still queued: one query."""
    ids = [checkpoint.pk for checkpoint in checkpoints]
    rows = Run.objects.filter(kind=Run.Kind.EVALUATION, evaluates__checkpoint__in=ids, evaluates__source="")
    found = rows.exclude(state__in=(State.FAILED, State.CRASHED, State.STOPPED)).order_by("created_at", "id")
    return {run.evaluates["checkpoint"]: run for run in found if run.evaluates.get("part") == PART}


def confirm(checkpoints: Sequence[Checkpoint], user: Any = None) -> list[Run]:
    """Queue an evaluation of each on the test split. Raises RunError, and queues none, where one cannot be measured."""
    for checkpoint in checkpoints:
        if problem := problem_with(checkpoint):
            raise RunError(problem)
    return [evaluate_again(checkpoint, PART, user=user) for checkpoint in checkpoints]
