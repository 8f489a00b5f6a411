"""What a recipe hands to the Trainer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass
class TrainerParts:
    """What a recipe hands to the Trainer; names are the Trainer's own.

    ``test_dataset`` is measured once, after training: no choice may look at it. ``accepts_loss_kwargs`` says
    whether the model's loss divides by ``num_items_in_batch``. Heads with a plain cross-entropy (BERT,
    DistilBERT, T5, token classification, masked LM) do not; True for one of them makes loss and gradients k
    times too large with k gradient accumulation steps. None leaves it to the Trainer's guess. ``notes`` go to the
    run's environment.

    The Trainer takes ``model`` or ``model_init``, and ``optimizers`` (optimizer, scheduler; either may be None) or
    ``optimizer_cls_and_kwargs``, not both.
    """

    model: Any = None
    train_dataset: Any = None
    eval_dataset: Any = None
    test_dataset: Any = None
    data_collator: Any = None
    processing_class: Any = None
    compute_metrics: Callable[[Any], dict[str, float]] | None = None
    preprocess_logits_for_metrics: Callable[[Any, Any], Any] | None = None
    compute_loss_func: Callable[..., Any] | None = None
    model_init: Callable[[], Any] | None = None
    callbacks: Sequence[Any] = ()
    optimizers: tuple[Any, Any] = (None, None)
    optimizer_cls_and_kwargs: tuple[type, dict[str, Any]] | None = None
    accepts_loss_kwargs: bool | None = None
    notes: dict[str, Any] = field(default_factory=dict)
