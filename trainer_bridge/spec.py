"""From a run's spec to a Trainer that is ready to train."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainer_bridge import recipes, spec_fields
from trainer_bridge.data_choice import DataChoice
from trainer_bridge.model_choice import ModelChoice
from trainer_bridge.recipes import Recipe, TrainerParts
from trainer_bridge.trainer_settings import with_settings

if TYPE_CHECKING:
    from transformers import Trainer, TrainerCallback, TrainingArguments


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
    unknown recipe, ValueError naming every parameter or argument that cannot be used.
    """
    from transformers import set_seed
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()  # a bar for each file saved would fill the console
    recipe = recipes.get(spec["recipe"])
    _refuse(spec_fields.problems(recipe, spec))
    values = spec_fields.resolve(recipe, spec)
    training_arguments = _training_arguments({**recipe.arguments, **spec.get("args", {})}, output_dir)
    set_seed(training_arguments.seed)
    parts = recipe.build(**values["params"], **_given_whole(recipe, values), seed=training_arguments.seed)
    parts = with_settings(parts, values["trainer"])
    metric = (training_arguments.metric_for_best_model or "loss").removeprefix("eval_")
    return BuiltTraining(
        trainer=_trainer(parts, training_arguments, callbacks),
        recipe=recipe,
        test_dataset=parts.test_dataset,
        objective=f"eval/{metric}",
        greater_is_better=bool(training_arguments.greater_is_better),
        notes=parts.notes,
    )


def _given_whole(recipe: Recipe, values: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The groups that the recipe's function takes whole."""
    choices = {"model": ModelChoice, "data": DataChoice}
    return {group: choices[group](values[group]) for group in recipe.takes}


def _refuse(problems: Mapping[str, str]) -> None:
    if problems:
        raise ValueError(" ".join(f"{name}: {sentence}" for name, sentence in problems.items()))


def _training_arguments(chosen: Mapping[str, Any], output_dir: str | Path) -> "TrainingArguments":
    import torch
    from transformers import TrainingArguments

    return TrainingArguments(
        **chosen,
        output_dir=str(output_dir),
        report_to="none",
        disable_tqdm=True,
        use_cpu=not torch.accelerator.is_available(),
        # With the filter on, a training that diverged logs a loss of 0.
        logging_nan_inf_filter=False,
    )


def _trainer(
    parts: TrainerParts, training_arguments: "TrainingArguments", callbacks: Iterable["TrainerCallback"]
) -> "Trainer":
    from transformers import PrinterCallback

    from trainer_bridge.checkpoint_weights import CheckpointTrainer

    trainer = CheckpointTrainer(
        model=parts.model,
        args=training_arguments,
        train_dataset=parts.train_dataset,
        eval_dataset=parts.eval_dataset,
        data_collator=parts.data_collator,
        processing_class=parts.processing_class,
        compute_metrics=parts.compute_metrics,
        preprocess_logits_for_metrics=parts.preprocess_logits_for_metrics,
        compute_loss_func=parts.compute_loss_func,
        callbacks=list(callbacks),
    )
    # It prints raw dictionaries and takes total_flos out of the logs that callbacks share.
    trainer.remove_callback(PrinterCallback)
    if parts.accepts_loss_kwargs is not None:
        trainer.model_accepts_loss_kwargs = parts.accepts_loss_kwargs
    return trainer
