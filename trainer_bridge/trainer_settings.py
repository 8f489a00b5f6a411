"""What a person set about the Trainer's other parameters, put over what the recipe handed out."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from trainer_bridge import losses
from trainer_bridge.callbacks_chosen import chosen_callbacks
from trainer_bridge.collators import chosen_collator
from trainer_bridge.metrics import most_likely
from trainer_bridge.metrics.checked import checked
from trainer_bridge.metrics.chosen import chosen_metrics
from trainer_bridge.optimizers import chosen_optimizer
from trainer_bridge.recipes.parts import TrainerParts


def with_settings(parts: TrainerParts, values: Mapping[str, Any], training_arguments: Any) -> TrainerParts:
    """``parts`` with the settings of the group "trainer" applied (see trainer_fields.py).

    Raises SpecProblem for what does not go together, ValueError for parts that the Trainer would refuse.
    """
    _refuse_both(parts)
    metrics = chosen_metrics(values["metrics"], parts)
    return replace(
        parts,
        data_collator=chosen_collator(values, parts),
        compute_metrics=checked(metrics.compute, _owner(values["metrics"])) if metrics.compute else None,
        preprocess_logits_for_metrics=_kept(values["preprocess_logits_for_metrics"], metrics.keep),
        compute_loss_func=losses.chosen_loss(values, parts, training_arguments.label_smoothing_factor),
        optimizer_cls_and_kwargs=chosen_optimizer(values, parts, training_arguments.learning_rate),
        callbacks=[*parts.callbacks, *chosen_callbacks(values)],
    )


def _kept(choice: str, keep: Any) -> Any:
    return {"auto": keep, "argmax": most_likely, "all": None}[choice]


def _owner(choice: str) -> str:
    return "the recipe" if choice == "recipe" else f"the set {choice}"


def _refuse_both(parts: TrainerParts) -> None:
    """The pairs of which the Trainer takes one. It says so too, but not whose fault it is."""
    has_optimizer = any(part is not None for part in parts.optimizers)
    pairs = [
        ("model", parts.model is not None, "model_init", parts.model_init is not None),
        ("optimizers", has_optimizer, "optimizer_cls_and_kwargs", parts.optimizer_cls_and_kwargs is not None),
        ("optimizers", has_optimizer, "model_init", parts.model_init is not None),
    ]
    for one, has_one, other, has_other in pairs:
        if has_one and has_other:
            raise ValueError(f"The recipe hands over {one} and {other}: the Trainer takes one of them.")
