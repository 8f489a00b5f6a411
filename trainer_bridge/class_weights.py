"""How much each class counts in a loss: numbers that a person gave, or computed from the training labels."""

from collections.abc import Sequence
from typing import Any

from trainer_bridge.problem import SpecProblem
from trainer_bridge.recipes.parts import TrainerParts
from trainer_bridge.trainer_choices import BALANCED, class_weights

#: Items without a label: padding, pieces of words, tokens that are not masked.
IGNORED = -100


def weights_of(text: str | None, parts: TrainerParts) -> list[float] | None:
    """A weight a class as ``text`` says, None where it says nothing. Raises SpecProblem."""
    if not text:
        return None
    classes = getattr(getattr(parts.model, "config", None), "num_labels", None)
    if text.strip() == BALANCED:
        return balanced_weights(_training_labels(parts.train_dataset), classes or 0)
    weights = class_weights(text)
    if classes and len(weights) != classes:
        raise SpecProblem(
            {"trainer.class_weights": f"{len(weights)} weights, but the model has {classes} classes."}
        )
    return weights


def _training_labels(dataset: Any) -> list[int]:
    """The labels of every item, or of every token of all items."""
    import numpy

    try:
        columns = getattr(dataset, "column_names", None) or []
        labels = dataset["labels"] if "labels" in columns else [item["labels"] for item in dataset]
        flat = numpy.concatenate([numpy.ravel(numpy.asarray(label)) for label in labels])
    except (KeyError, TypeError, ValueError) as error:
        sentence = "Balanced weights need a label a class in the training data: give the weights as numbers."
        raise SpecProblem({"trainer.class_weights": sentence}) from error
    if not numpy.issubdtype(flat.dtype, numpy.integer):
        raise SpecProblem(
            {"trainer.class_weights": "The labels are no classes, so there is nothing to balance."}
        )
    return flat[flat != IGNORED].tolist()


def balanced_weights(labels: Sequence[int], classes: int) -> list[float]:
    """A weight a class, so that all classes count alike and the weights' mean over the items is 1; 0 for none."""
    import numpy

    counts = numpy.bincount(labels, minlength=classes)
    present = (counts > 0).sum()
    return [len(labels) / (present * count) if count else 0.0 for count in counts.tolist()]
