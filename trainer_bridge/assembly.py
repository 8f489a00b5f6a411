"""From settled values to a Trainer that is ready to train.

No catalog, no checks: this is the part of a run that its standalone script contains as well (standalone/).
"""

from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainer_bridge.data_choice import DataChoice
from trainer_bridge.model_choice import ModelChoice
from trainer_bridge.optimizers import grouping
from trainer_bridge.recipes.base import TrainerParts
from trainer_bridge.trainer_settings import with_settings

if TYPE_CHECKING:
    from transformers import Trainer, TrainerCallback, TrainingArguments

Values = Mapping[str, Mapping[str, Any]]
#: What the groups are that a recipe's function takes whole.
CHOICES: dict[str, type] = {"model": ModelChoice, "data": DataChoice}


def assemble(
    build: Callable[..., TrainerParts],
    values: Values,
    arguments: Mapping[str, Any],
    output_dir: str | Path,
    callbacks: Iterable["TrainerCallback"] = (),
) -> tuple["Trainer", TrainerParts]:
    """What a recipe's function ``build`` makes of ``values``, in a Trainer that saves to ``output_dir``.

    ``values`` has every field of the groups "params" and "trainer", and of "model" and "data" where the function takes
    them; ``arguments`` are those that are not the Trainer's own defaults. Seeds are set before the model is made.
    """
    from transformers import set_seed
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()  # a bar for each file saved would fill the console
    args = training_arguments(arguments, output_dir)
    set_seed(args.seed)
    parts = build(**values["params"], **_given_whole(values), seed=args.seed)
    chosen = with_settings(parts, values["trainer"], args)
    trainer = _trainer(chosen, args, callbacks)
    trainer.grouping = grouping(values["trainer"], parts)
    trainer.decay_bias_and_norm = values["trainer"]["decay_bias_and_norm"]
    return trainer, chosen


def _given_whole(values: Values) -> dict[str, Any]:
    """The groups that the recipe's function takes whole."""
    return {group: choice(values[group]) for group, choice in CHOICES.items() if group in values}


def training_arguments(chosen: Mapping[str, Any], output_dir: str | Path) -> "TrainingArguments":
    """What was ``chosen`` with what Trainboard sets itself (argument_owned.py), of the class that takes it."""
    import torch
    from transformers import Seq2SeqTrainingArguments, TrainingArguments

    known = {field.name for field in fields(TrainingArguments)}
    kind = Seq2SeqTrainingArguments if chosen.keys() - known else TrainingArguments
    return kind(
        **_as_objects(chosen),
        output_dir=str(output_dir),
        report_to="none",
        disable_tqdm=True,
        use_cpu=bool(chosen.get("use_cpu")) or not torch.accelerator.is_available(),
        # With the filter on, a training that diverged logs a loss of 0.
        logging_nan_inf_filter=False,
    )


def _as_objects(chosen: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments with those in their own classes that a spec can only hold as JSON, all copied."""
    from accelerate.parallelism_config import ParallelismConfig
    from transformers import GenerationConfig

    made = {"parallelism_config": ParallelismConfig, "generation_config": GenerationConfig}
    values = {name: deepcopy(value) for name, value in chosen.items() if name != "use_cpu"}
    return values | {
        name: kind(**values[name]) for name, kind in made.items() if values.get(name) is not None
    }


def _trainer(
    parts: TrainerParts, args: "TrainingArguments", callbacks: Iterable["TrainerCallback"]
) -> "Trainer":
    from transformers import PrinterCallback

    from trainer_bridge.checkpoint_weights import CheckpointTrainer, GeneratingTrainer

    kind = GeneratingTrainer if hasattr(args, "predict_with_generate") else CheckpointTrainer
    trainer = kind(
        model=parts.model,
        model_init=parts.model_init,
        args=args,
        train_dataset=parts.train_dataset,
        eval_dataset=parts.eval_dataset,
        data_collator=parts.data_collator,
        processing_class=parts.processing_class,
        compute_metrics=parts.compute_metrics,
        preprocess_logits_for_metrics=parts.preprocess_logits_for_metrics,
        compute_loss_func=parts.compute_loss_func,
        callbacks=[*callbacks, *parts.callbacks],
        optimizers=parts.optimizers,
    )
    # Not a parameter of Seq2SeqTrainer; read when the optimizer is made.
    trainer.optimizer_cls_and_kwargs = parts.optimizer_cls_and_kwargs
    # It prints raw dictionaries and takes total_flos out of the logs that callbacks share.
    trainer.remove_callback(PrinterCallback)
    if parts.accepts_loss_kwargs is not None:
        trainer.model_accepts_loss_kwargs = parts.accepts_loss_kwargs
    return trainer
