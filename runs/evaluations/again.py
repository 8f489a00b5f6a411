"""A checkpoint measured again: on another split of its data, or on other data. A run of its own kind.

Only weights, configuration and tokenizer of the checkpoint are linked into the run's folder: nothing that would have
to be unpickled lies there, and the checkpoint may be deleted meanwhile.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from runs import catalog, series
from runs.checkpoints.files import folder_of
from runs.checkpoints.register import verify
from runs.errors import RunError, SpecError
from runs.launch import take_marks, tell_queued, user_name
from runs.linking import link_tree
from runs.models import Checkpoint, Run
from runs.naming import unique_name
from runs.specs import Spec, check_spec
from trainer_bridge.evaluations.parts import PREFIXES
from trainer_bridge.own.find import is_script
from trainer_bridge.paths import RunPaths
from trainer_bridge.series_keys import series_key

#: Endings of what is linked: no pickle is among them.
_SAFE = (".safetensors", ".json", ".txt", ".model", ".jinja")


@dataclass(frozen=True)
class Again:
    """One evaluation of a checkpoint: its run, what was measured there, and what at the checkpoint itself."""

    run: Run
    value: float | None
    original: float | None

    @property
    def difference(self) -> float | None:
        """How much more was measured there."""
        return None if self.value is None or self.original is None else self.value - self.original

    @property
    def what(self) -> str:
        """The data in words: "test", or the source that was named."""
        return self.run.evaluates["source"] or self.run.evaluates["part"]


def problem_with(checkpoint: Checkpoint, source: str = "") -> str:
    """Why the checkpoint cannot be measured again, as a sentence; "" if it can. Its files are looked at."""
    run = checkpoint.run
    if checkpoint.deleted_at:
        return "This checkpoint was deleted; only its metrics are left."
    if run.is_external or is_script(run.spec.get("recipe", "")):
        return f"Nothing here can build what {run.name} evaluates with: a recipe of Trainboard made no part of it."
    if problem := verify(checkpoint):
        return f"This checkpoint is damaged: {problem}"
    recipe = catalog.find(run.spec.get("recipe"))
    if source and recipe is not None and "data" not in recipe.takes:
        return f"The recipe {recipe.name} brings its own data: choose one of its splits."
    return ""


def evaluate_again(
    checkpoint: Checkpoint, part: str = "test", source: str = "", *, name: str = "", user: Any = None
) -> Run:
    """Queue a run that measures ``checkpoint`` on ``part`` of its data, or on the data ``source`` names (docs/data.md).

    Raises RunError, or SpecError naming "part" or a field of the data, and then made nothing.
    """
    if part not in PREFIXES:
        raise SpecError({"part": f"There is no part “{part}”: choose {', '.join(PREFIXES)}."})
    source = source.strip()
    if problem := problem_with(checkpoint, source):
        raise RunError(problem)
    spec = _spec(checkpoint.run.spec, source)
    if problems := check_spec(spec):
        raise SpecError(problems)
    with transaction.atomic():
        run = _create(checkpoint, spec, "validation" if source else part, source, name, user)
        folder = RunPaths(Path(settings.RUNS_DIR), run.pk)
        try:
            _link_weights(folder_of(checkpoint), folder.evaluated)
        except BaseException:
            shutil.rmtree(folder.folder, ignore_errors=True)
            raise
        tell_queued(run.project.slug)
    return run


def evaluations_of(run: Run) -> list[Again]:
    """The evaluations of this run's checkpoints, the latest first: three queries."""
    rows = Run.objects.filter(project=run.project_id, kind=Run.Kind.EVALUATION, evaluates__run=run.pk)
    found = list(rows.defer("environment", "traceback"))
    measured = series.summaries([row.pk for row in found]) if found else {}
    originals = {row.step: row.metrics for row in run.checkpoints.all()} if found else {}
    return [
        Again(row, _last(measured[row.pk].get(row.objective)), _value(originals, row, run.objective))
        for row in found
    ]


def objective_at(objective: str, part: str) -> str:
    """The series that tells the run's objective of a part: "eval/accuracy" → "test/accuracy"."""
    return series_key(f"{PREFIXES[part]}_{objective.removeprefix('eval/')}", final=False)


def _spec(spec: Spec, source: str) -> Spec:
    if spec.get("launch"):
        # One process is enough to evaluate once.
        spec = {**spec, "launch": {**spec["launch"], "processes": 1}}
    if not source:
        return spec
    return {**spec, "data": {**spec.get("data", {}), "eval_source": source}}


def _create(checkpoint: Checkpoint, spec: Spec, part: str, source: str, name: str, user: Any) -> Run:
    parent = checkpoint.run
    told = {"checkpoint": checkpoint.pk, "run": parent.pk, "run_name": parent.name, "step": checkpoint.step}
    title = name.strip() or f"{parent.name} @ {checkpoint.step} on {source or part}"[:110]
    return Run.objects.create(
        project=parent.project,
        kind=Run.Kind.EVALUATION,
        evaluates={**told, "part": part, "source": source},
        spec=spec,
        mark=take_marks(parent.project, 1),
        name=unique_name(Run, parent.project_id, title),
        objective=objective_at(parent.objective, part),
        greater_is_better=parent.greater_is_better,
        created_by=user_name(user),
    )


def _link_weights(source: Path, target: Path) -> None:
    def unsafe(folder: str, names: list[str]) -> list[str]:
        return [n for n in names if not (Path(folder, n).is_dir() or n.endswith(_SAFE))]

    link_tree(source, target, unsafe)


def _last(summary: Any) -> float | None:
    return None if summary is None else summary.last


def _value(originals: dict[int, dict[str, Any]], row: Run, objective: str) -> float | None:
    value = originals.get(row.evaluates["step"], {}).get(objective)
    return None if value is None else float(value)
