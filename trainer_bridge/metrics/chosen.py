"""The set of metrics that a person chose by name."""

from collections.abc import Mapping
from typing import Any

from trainer_bridge.metrics import Metrics, classification, generation, language, regression, tagging
from trainer_bridge.problem import SpecProblem
from trainer_bridge.recipes.parts import TrainerParts

_SETS: Mapping[str, Any] = {
    "single_label": classification.single_label,
    "multi_label": classification.multi_label,
    "multiple_choice": classification.multiple_choice,
    "regression": regression.regression,
    "next_token": language.next_token,
    "masked_token": language.masked_token,
}


def chosen_metrics(choice: str, parts: TrainerParts) -> Metrics:
    """What is measured, and what is kept for it. Raises SpecProblem where the recipe lacks what a set needs."""
    if choice == "recipe":
        return Metrics(parts.compute_metrics, parts.preprocess_logits_for_metrics)
    if choice == "none":
        return Metrics(None)
    if choice == "generation":
        return generation.generation(_tokenizer(parts))
    if choice == "tagging":
        return tagging.tagging(_tag_names(parts))
    return _SETS[choice]()


def _tokenizer(parts: TrainerParts) -> Any:
    if not hasattr(parts.processing_class, "batch_decode"):
        raise SpecProblem(
            {"trainer.metrics": "The set generation reads texts, but this recipe has no tokenizer."}
        )
    return parts.processing_class


def _tag_names(parts: TrainerParts) -> list[str]:
    names = getattr(getattr(parts.model, "config", None), "id2label", None)
    if not names:
        raise SpecProblem(
            {"trainer.metrics": "The set tagging needs a model whose config names its tags (id2label)."}
        )
    return [names[number] for number in sorted(names)]
