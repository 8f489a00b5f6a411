"""How a checkpoint stands among the other runs of its sweep and project, and how much of that may be chance."""

import json
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from runs import series
from runs.checkpoints.rank import value_of
from runs.models import Checkpoint, Run
from runs.replicates import SEEDS, group_replicates
from runs.stats import Mean, mean_of

#: Runs of a project that a checkpoint is compared with: the newest.
MOST = 2000


@dataclass(frozen=True)
class Standing:
    """``rank`` of ``n`` runs in ``scope``, each by its best value; ``others``: the best of the rest."""

    scope: str
    rank: int
    n: int
    others: list[tuple[str, float]]


def standings(checkpoint: Checkpoint) -> list[Standing]:
    """Within the sweep, if it is a trial, and within the project; none where the objective was not measured."""
    run = checkpoint.run
    value = value_of(checkpoint, run.objective)
    if value is None or not math.isfinite(value):
        return []
    trainings = Run.objects.filter(project_id=run.project_id, kind=Run.Kind.TRAINING)
    rows = trainings.filter(objective=run.objective).exclude(pk=run.pk)
    names = {pk: (name, sweep) for pk, name, sweep in rows.values_list("pk", "name", "sweep_id")[:MOST]}
    bests = _bests(list(names), run.objective, run.greater_is_better)
    everyone = [(names[pk][0], best) for pk, best in bests.items()]
    found = [_standing(f"the project {run.project.name}", value, everyone, run.greater_is_better)]
    if run.sweep:
        trials = [(names[pk][0], best) for pk, best in bests.items() if names[pk][1] == run.sweep_id]
        found.insert(0, _standing(f"the sweep {run.sweep.name}", value, trials, run.greater_is_better))
    return found


def over_seeds(run: Run) -> Mean | None:
    """Mean and interval of the objective's best value over finished runs that differ only by seed; None of one run."""
    alike = Run.objects.filter(pk__in=_alike(run)).defer("traceback")
    groups = group_replicates(alike)
    group = next((group for group in groups if any(row.pk == run.pk for row in group.runs)), None)
    if group is None or len(group.counted) < 2:
        return None
    bests = _bests([row.pk for row in group.counted], run.objective, run.greater_is_better)
    return mean_of(np.array(list(bests.values()))) if len(bests) > 1 else None


def _alike(run: Run) -> list[str]:
    """The runs of the project whose specification differs from this one's by its seeds at most. Only those are read
    whole: what a run told of its machine is large."""
    if not run.spec.get("recipe"):
        return []
    rows = Run.objects.filter(project_id=run.project_id, spec__recipe=run.spec["recipe"])
    own = _without_seeds(run.spec)
    return [pk for pk, spec in rows.values_list("pk", "spec")[:MOST] if _without_seeds(spec) == own]


def _without_seeds(spec: dict[str, Any]) -> str:
    seeds = {key.removeprefix("args.") for key in SEEDS}
    args = {name: value for name, value in spec.get("args", {}).items() if name not in seeds}
    return json.dumps({**spec, "args": args}, sort_keys=True, default=str)


def _bests(ids: list[str], key: str, greater: bool) -> dict[str, float]:
    found = {}
    for pk, summaries in (series.summaries(ids, [key]) if ids else {}).items():
        best = summaries[key].best(greater) if key in summaries else None
        if best is not None and math.isfinite(best):
            found[pk] = best
    return found


def _standing(scope: str, value: float, others: list[tuple[str, float]], greater: bool) -> Standing:
    ordered = sorted(others, key=lambda pair: pair[1], reverse=greater)
    better = sum(best > value if greater else best < value for _, best in others)
    return Standing(scope, better + 1, len(others) + 1, ordered[:3])
