"""From a run's spec to a Trainer that is ready to train."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainer_bridge import spec_fields
from trainer_bridge.assembly import assemble
from trainer_bridge.own.find import find, is_script
from trainer_bridge.problem import SpecProblem
from trainer_bridge.recipes import Recipe

if TYPE_CHECKING:
    from transformers import Trainer, TrainerCallback


@dataclass
class BuiltTraining:
    """A Trainer before its first step.

    ``objective`` is the series key by which the best checkpoint is chosen; ``test_dataset`` is for one measurement
    after training, or None. ``notes`` are the recipe's remarks on its data.
    """

    trainer: "Trainer"
    recipe: Recipe
    test_dataset: Any
    objective: str
    greater_is_better: bool
    notes: dict[str, Any]


def build_trainer(
    spec: Mapping[str, Any], output_dir: str | Path, callbacks: Iterable["TrainerCallback"] = ()
) -> BuiltTraining:
    """Build what ``spec`` describes, checkpoints going to ``output_dir``.

    Seeds are set before the model is made, so equal specs give equal runs on one machine. Raises KeyError for an
    unknown recipe, SpecProblem naming every field that cannot be used.
    """
    if is_script(spec["recipe"]):
        from trainer_bridge.own.script_building import build_from_script

        return build_from_script(spec, output_dir, callbacks)
    recipe = find(spec["recipe"])
    refuse_problems(recipe, spec)
    values = spec_fields.resolve(recipe, spec)
    arguments = {**recipe.arguments, **spec.get("args", {})}
    trainer, parts = assemble(recipe.build, values, arguments, output_dir, callbacks)
    return built_training(trainer, recipe, parts.test_dataset, parts.notes)


def built_training(
    trainer: "Trainer", recipe: Recipe, test_dataset: Any = None, notes: dict[str, Any] | None = None
) -> BuiltTraining:
    """The Trainer with what its arguments say the best checkpoint is chosen by."""
    metric = (trainer.args.metric_for_best_model or "loss").removeprefix("eval_")
    greater = trainer.args.greater_is_better
    # The Trainer settles the direction only where it loads the best model itself.
    greater = not metric.endswith("loss") if greater is None else greater
    return BuiltTraining(trainer, recipe, test_dataset, f"eval/{metric}", greater, notes or {})


def refuse_problems(recipe: Recipe, spec: Mapping[str, Any]) -> None:
    """Raise SpecProblem naming every field that cannot be used, if there is one."""
    if problems := spec_fields.problems(recipe, spec):
        raise SpecProblem(problems)
