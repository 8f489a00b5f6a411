"""Losses for ``compute_loss_func``, the same however a step is cut into batches, and on however many ranks.

Each sums over the items of a batch and divides by ``num_items_in_batch``, which counts those of the whole step. So no
model's own habit of dividing matters, and a class's weight scales what its items contribute: the divisor is the number
of items, not the sum of their weights, which no batch knows of the others.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from trainer_bridge.class_weights import IGNORED, weights_of
from trainer_bridge.problem import SpecProblem
from trainer_bridge.recipes.parts import TrainerParts

Loss = Callable[..., Any]
_CLASSES, _VALUES, _SEVERAL = "classes", "numbers", "several classes at once"
#: Which labels a loss is for; the others are for classes.
_LABELS_OF: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("mse", "mae", "huber"), (_VALUES,)),
    "binary_cross_entropy": (_SEVERAL, _VALUES),
}
__all__ = ["IGNORED", "CrossEntropy", "chosen_loss", "focal", "foresees", "of_numbers", "unfit"]


def chosen_loss(values: Mapping[str, Any], parts: TrainerParts, label_smoothing: float) -> Loss | None:
    """The loss that a person chose, or the recipe's; None leaves it to the model. Raises SpecProblem."""
    choice = values["loss"]
    if choice == "model":
        return _smoothed(parts, label_smoothing) if label_smoothing else parts.compute_loss_func
    if sentence := unfit(choice, parts.model):
        raise SpecProblem({"trainer.loss": sentence})
    if choice == "cross_entropy":
        weights = weights_of(values["class_weights"], parts)
        return CrossEntropy(weights, label_smoothing, foresees(parts.model))
    if choice == "focal":
        return focal(values["focal_gamma"], weights_of(values["class_weights"], parts), foresees(parts.model))
    return _NUMBERS[choice](values)


def _smoothed(parts: TrainerParts, label_smoothing: float) -> Loss:
    """A loss that smooths: the Trainer's own smoother would leave out that of a recipe in silence."""
    if isinstance(parts.compute_loss_func, CrossEntropy):
        return replace(parts.compute_loss_func, smoothing=label_smoothing)
    sentence = unfit("cross_entropy", parts.model)
    if parts.compute_loss_func is not None:
        sentence = (
            "The recipe's own loss does not smooth labels: set it to 0, or choose the loss cross_entropy."
        )
    if sentence:
        raise SpecProblem({"args.label_smoothing_factor": sentence})
    return CrossEntropy(None, label_smoothing, foresees(parts.model))


@dataclass(frozen=True)
class CrossEntropy:
    """Cross-entropy in nats of logits (…, classes) and labels (…). ``shifted``: a causal model, whose output at a
    place foresees the next one. ``smoothing``: the share of the target that is spread evenly over all classes."""

    weights: Sequence[float] | None = None
    smoothing: float = 0.0
    shifted: bool = False

    def __call__(self, outputs: Any, labels: Any, num_items_in_batch: Any = None) -> Any:
        from torch.nn.functional import cross_entropy

        logits, target = _flat(outputs, labels, self.shifted)
        each = cross_entropy(
            logits,
            target,
            weight=_tensor(self.weights, logits),
            label_smoothing=self.smoothing,
            ignore_index=IGNORED,
            reduction="sum",
        )
        return each / _items(target.ne(IGNORED), num_items_in_batch)


def focal(gamma: float, weights: Sequence[float] | None = None, shifted: bool = False) -> Loss:
    """Cross-entropy times (1 − probability of the right class) ** ``gamma``: what is known already counts less."""

    def loss(outputs: Any, labels: Any, num_items_in_batch: Any = None) -> Any:
        logits, target = _flat(outputs, labels, shifted)
        counted = target.ne(IGNORED)
        logits, target = logits[counted], target[counted]
        log_right = logits.log_softmax(-1).gather(-1, target[:, None]).squeeze(-1)
        each = -((1 - log_right.exp()) ** gamma) * log_right
        if weights is not None:
            each = each * _tensor(weights, logits)[target]
        return each.sum() / _items(counted, num_items_in_batch)

    return loss


def of_numbers(function: str, **options: Any) -> Loss:
    """A loss of torch.nn.functional between numbers of one shape, averaged over an item's numbers."""

    def loss(outputs: Any, labels: Any, num_items_in_batch: Any = None) -> Any:
        import torch

        logits = _logits(outputs)
        if labels.numel() != logits.numel():
            shapes = f"{tuple(labels.shape)} do not fit outputs of shape {tuple(logits.shape)}"
            raise ValueError(f"{function} compares numbers one by one: labels of shape {shapes}.")
        labels = labels.to(logits.dtype).reshape(logits.shape)
        each = getattr(torch.nn.functional, function)(logits, labels, reduction="none", **options)
        if num_items_in_batch is None:
            return each.mean()
        return each.sum() / _plain(num_items_in_batch)

    return loss


#: Losses between numbers, by choice. Every number of the labels is an item, as the Trainer counts them.
_NUMBERS: Mapping[str, Callable[[Mapping[str, Any]], Loss]] = {
    "mse": lambda values: of_numbers("mse_loss"),
    "mae": lambda values: of_numbers("l1_loss"),
    "huber": lambda values: of_numbers("huber_loss", delta=values["huber_delta"]),
    "binary_cross_entropy": lambda values: of_numbers("binary_cross_entropy_with_logits"),
}


def unfit(choice: str, model: Any) -> str | None:
    """Why a loss does not fit a model's labels, as far as its config tells; None if it may."""
    base = _plain_model(model)
    if getattr(base, "config", None) is None:
        return None
    if "labels" not in _label_names(base):
        return f"The labels of {type(base).__name__} are no classes or numbers: only its own loss fits."
    wanted, given = _LABELS_OF.get(choice, (_CLASSES,)), _labels_kind(base.config)
    if given in wanted:
        return None
    return f"It is for {' or '.join(wanted)}, and the labels of this model are {given}."


def _labels_kind(config: Any) -> str:
    problem = getattr(config, "problem_type", None)
    if config.num_labels == 1 or problem == "regression":
        return _VALUES
    return _SEVERAL if problem == "multi_label_classification" else _CLASSES


def _label_names(model: Any) -> list[str]:
    from transformers.utils import find_labels

    return list(find_labels(type(model)))


def _plain_model(model: Any) -> Any:
    return model.get_base_model() if hasattr(model, "peft_config") else model


def foresees(model: Any) -> bool:
    """Whether the model's output at a place is about the next one."""
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

    return type(_plain_model(model)).__name__ in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES.values()


def _logits(outputs: Any) -> Any:
    return outputs["logits"] if isinstance(outputs, Mapping) else outputs[0]


def _flat(outputs: Any, labels: Any, shifted: bool) -> tuple[Any, Any]:
    """Logits (items, classes) in float32 and labels (items)."""
    logits = _logits(outputs).float()
    if shifted:
        logits, labels = logits[..., :-1, :], labels[..., 1:]
    return logits.reshape(-1, logits.shape[-1]), labels.reshape(-1)


def _items(counted: Any, num_items_in_batch: Any) -> Any:
    """The divisor: how many items the whole step has, or this batch where that is not known."""
    return counted.sum().clamp(min=1) if num_items_in_batch is None else _plain(num_items_in_batch)


def _plain(number: Any) -> Any:
    """DataParallel gets the number once for each device."""
    return number[0] if getattr(number, "ndim", 0) else number


def _tensor(weights: Sequence[float] | None, like: Any) -> Any:
    return None if weights is None else like.new_tensor(weights)
