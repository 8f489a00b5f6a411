"""More seeds for a group of replicates: which are free, and queueing them."""

import itertools
from collections.abc import Sequence
from typing import Any

from django.db import transaction

from runs import catalog
from runs.errors import RunError
from runs.launch import launch_run
from runs.models import Project, Run
from runs.naming import unique_name
from runs.replicates import Group, group_replicates, without_seed
from runs.specs import spec_with

#: More than this for a group in one press are a decision about hours, not a press.
MOST = 10
_TRAINERS_OWN = 42


def why_not(group: Group) -> str:
    """Why ``group`` can be given no more seeds, in a sentence; "" when it can."""
    run = group.first
    if run.is_external:
        return f"{run.name} was started outside Trainboard, which cannot start it again."
    if run.parent_id:
        return f"{run.name} went on from a checkpoint: another seed would not start from there."
    if catalog.find(run.spec.get("recipe", "")) is None:
        return f"The recipe of {run.name} is not there any more."
    return ""


def free_seeds(project: Project, count: int) -> list[int]:
    """The ``count`` smallest seeds from 1 on with which no run of ``project`` was asked for: one query."""
    used = set(project.runs.values_list("spec__args__seed", flat=True)) | {_TRAINERS_OWN}
    return list(itertools.islice((seed for seed in itertools.count(1) if seed not in used), count))


def queue_seeds(group: Group, seeds: Sequence[int], user: Any = None) -> list[Run]:
    """A run of ``group`` with each of ``seeds``, those there are already left as they are: a second press queues
    nothing more. Raises RunError or SpecError, and queues nothing, when one cannot run.
    """
    if refusal := why_not(group):
        raise RunError(refusal)
    if not 0 < len(set(seeds)) <= MOST:
        raise RunError(f"1 to {MOST} seeds are queued at once; {len(set(seeds))} were asked for.")
    with transaction.atomic():
        # Taken before looking, so that of two presses at once the second sees the runs of the first.
        Project.objects.select_for_update().get(pk=group.first.project_id)
        return [_there(group, seed) or _launch(group, seed, user) for seed in dict.fromkeys(seeds)]


def _there(group: Group, seed: int) -> Run | None:
    rows = group.first.project.runs.filter(spec__args__seed=seed)
    # One that has told of other data or another recipe's text since is no replicate.
    return next((run for run in rows if len(group_replicates([group.first, run])) == 1), None)


def _launch(group: Group, seed: int, user: Any) -> Run:
    run = group.first
    values = {"args.seed": seed}
    # A data_seed that is the same for all is a setting, another for each run is a seed.
    if len({found.spec.get("args", {}).get("data_seed") for found in group.members}) > 1:
        values["args.data_seed"] = seed
    name = unique_name(Run, run.project_id, f"{without_seed(run.name)[:100]}-seed{seed}")
    return launch_run(run.project, spec_with(run.spec, values), name=name, tags=run.tags, user=user)
