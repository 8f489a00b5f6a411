"""What no policy takes away, and why: pinned, with an alias, needed by a run that can still go on."""

from collections import defaultdict
from collections.abc import Sequence

from runs.checkpoints.rank import is_away, is_full, is_whole, measured
from runs.models import Alias, Checkpoint, Run
from runs.states import ACTIVE, State

#: A run in one of these goes on by itself.
_GOES_ON = frozenset({*ACTIVE, State.QUEUED, State.PAUSED})

Reasons = dict[str, list[str]]


def protected(checkpoints: Sequence[Checkpoint]) -> Reasons:
    """{id: reasons} of those that have one; all checkpoints of their runs must be given. Three queries."""
    found: Reasons = defaultdict(list)
    for checkpoint in checkpoints:
        if checkpoint.is_pinned:
            found[checkpoint.pk].append("pinned")
    for pk, name in Alias.objects.filter(checkpoint__in=checkpoints).values_list("checkpoint_id", "name"):
        found[pk].append(f"alias {name}")
    _needed_by_forks(checkpoints, found)
    _needed_by_evaluations(found)
    for group in by_run(checkpoints).values():
        _needed_by_run(group, found)
    return found


def by_run(checkpoints: Sequence[Checkpoint]) -> dict[str, list[Checkpoint]]:
    """The checkpoints of each run."""
    groups: dict[str, list[Checkpoint]] = defaultdict(list)
    for checkpoint in checkpoints:
        groups[checkpoint.run_id].append(checkpoint)
    return groups


def is_unfinished(run: Run) -> bool:
    """Whether the run can still go on; one that a pruner ended does not."""
    return run.state != State.FINISHED and not getattr(run, "is_pruned", False)


def _needed_by_forks(checkpoints: Sequence[Checkpoint], found: Reasons) -> None:
    places: dict[tuple[str, int | None], str] = {
        (checkpoint.run_id, checkpoint.step): checkpoint.pk for checkpoint in checkpoints
    }
    waiting = Run.objects.filter(
        parent__in={checkpoint.run_id for checkpoint in checkpoints},
        state__in=(State.QUEUED, State.STARTING),
    )
    for parent, step, name in waiting.values_list("parent_id", "forked_step", "name"):
        if (pk := places.get((parent, step))) is not None:
            found[pk].append(f"{name} waits to go on from it")


def _needed_by_evaluations(found: Reasons) -> None:
    """What waits to be measured again; few runs do at a time."""
    waiting = Run.objects.filter(kind=Run.Kind.EVALUATION, state__in=_GOES_ON)
    for evaluates, name in waiting.values_list("evaluates", "name"):
        found[str(evaluates.get("checkpoint"))].append(f"{name} waits to measure it")


def _needed_by_run(group: list[Checkpoint], found: Reasons) -> None:
    """The newest that an unfinished run can go on from; the best so far, which the Trainer may load at its end."""
    run = group[0].run
    if not is_unfinished(run):
        return
    whole = [checkpoint for checkpoint in group if is_whole(checkpoint) or is_away(checkpoint)]
    if full := [checkpoint for checkpoint in whole if is_full(checkpoint)]:
        newest = max(full, key=lambda checkpoint: checkpoint.step)
        found[newest.pk].append(f"the run is {run.state} and can go on from it")
    ranked = measured(whole, run.objective, run.greater_is_better)
    if run.state in _GOES_ON and ranked:
        found[ranked[0].pk].append("the run's best so far, which its Trainer may need")
