"""Measures for ``compute_metrics``: one module a family of tasks, each with what it wants kept of the logits.

A family gives :class:`Metrics`: ``TrainerParts(compute_metrics=m.compute, preprocess_logits_for_metrics=m.keep)``.
Importing this imports no training library.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Compute = Callable[[Any], dict[str, float]]


@dataclass(frozen=True)
class Metrics:
    """``compute``: predictions and labels → numbers by name. ``keep(logits, labels)``: what of a batch's logits is
    held until the split is measured; None keeps them all."""

    compute: Compute | None
    keep: Callable[[Any, Any], Any] | None = None


def first(outputs: Any) -> Any:
    """The logits among a model's outputs: T5 gives its encoder's states beside them."""
    return outputs[0] if isinstance(outputs, tuple) else outputs


def most_likely(logits: Any, labels: Any) -> Any:
    """The likeliest class of every item or token instead of all logits: a vocabulary's size less to hold."""
    return first(logits).argmax(-1)


def answers(predictions: Any, labels: Any) -> Any:
    """Predicted classes, whether ``most_likely`` was kept or the logits were."""
    found = first(predictions)
    return found.argmax(-1) if found.ndim > labels.ndim else found
