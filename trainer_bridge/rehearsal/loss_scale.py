"""Does a loss grow with gradient accumulation? Then the curve and the gradients are k times too large.

The Trainer takes a model that accepts ``**kwargs`` for one that divides its loss by ``num_items_in_batch``. Heads with
a plain cross-entropy do not, and then nobody divides by the number of accumulated batches (transformers 5).
"""

import contextlib
import random
from collections.abc import Iterator
from typing import Any

#: Parts into which the batch is split, at most; the fault shows with two already.
MOST_PARTS = 4
#: Samples of each part.
PART = 2


def parts_configured(args: Any) -> int:
    """How many batches make one optimizer step: accumulated ones, and those of other ranks."""
    return args.gradient_accumulation_steps * max(1, args.world_size)


def inflation(trainer: Any, samples: list[Any]) -> float | None:
    """How many times too large the Trainer reports the loss of a split batch; None when it is right.

    ``samples`` are a few of the training set, at least two. Forward and backward run on them, and all that they change
    (gradients, random numbers, running statistics) is put back.
    """
    parts = min(MOST_PARTS, parts_configured(trainer.args), len(samples))
    if parts < 2:
        return None
    size = len(samples) // parts
    used = samples[: size * parts]
    with _undone(trainer):
        whole = _reported(trainer, [used])
    with _undone(trainer):
        split = _reported(trainer, [used[n : n + size] for n in range(0, len(used), size)])
    ratio = split / whole if whole else 1.0
    # Dropout and uneven parts shift a right loss by some per cent; a wrong one is ``parts`` times as large.
    return ratio if abs(ratio - parts) < parts / 4 else None


def inflated(parts: int) -> str:
    """What to tell somebody whose loss is inflated."""
    return (
        f"The loss, and with it the gradients, come out {parts} times too large with {parts} batches to a step: "
        "the model's loss does not divide by num_items_in_batch, and the Trainer thinks it does. Set "
        "accepts_loss_kwargs=False in the recipe (in a script: trainer.model_accepts_loss_kwargs = False)."
    )


def _reported(trainer: Any, batches: list[list[Any]]) -> float:
    """The loss of one optimizer step over ``batches``, as the Trainer adds it up."""
    device = trainer.args.device
    inputs = [trainer.data_collator(_columns(trainer, batch)) for batch in batches]
    inputs = [trainer._prepare_inputs(batch) for batch in inputs]
    items = trainer._get_num_items_in_batch(inputs, device)
    trainer.current_gradient_accumulation_steps = len(inputs)
    return sum(float(trainer.training_step(trainer.model, batch, items)) for batch in inputs)


def _columns(trainer: Any, samples: list[Any]) -> list[Any]:
    """The samples without the columns that the Trainer would drop."""
    if not trainer.args.remove_unused_columns or not isinstance(samples[0], dict):
        return samples
    trainer._set_signature_columns_if_needed()
    known = set(trainer._signature_columns)
    return [{name: value for name, value in sample.items() if name in known} for sample in samples]


@contextlib.contextmanager
def _undone(trainer: Any) -> Iterator[None]:
    """Random numbers, gradients, buffers and mode of the model are afterwards as they were before."""
    import numpy
    import torch

    model = trainer.model
    buffers = [(buffer, buffer.detach().clone()) for buffer in model.buffers()]
    mode, python, array = model.training, random.getstate(), numpy.random.get_state()
    devices = [torch.cuda.current_device()] if torch.cuda.is_available() else []
    with torch.random.fork_rng(devices):
        try:
            yield
        finally:
            random.setstate(python)
            numpy.random.set_state(array)
            model.zero_grad()
            with torch.no_grad():
                for buffer, before in buffers:
                    buffer.copy_(before)
            model.train(mode)
