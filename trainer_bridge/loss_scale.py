"""Does a loss grow with gradient accumulation? Then the curve and the gradients are k times too large.

The Trainer takes a model that accepts ``**kwargs`` for one that divides its loss by ``num_items_in_batch``. Heads with
a plain cross-entropy do not, and then nobody divides by the number of accumulated batches (transformers 5).
"""

import contextlib
import logging
import random
from collections.abc import Iterator
from typing import Any

from trainer_bridge.running import columns_used, running_trainer

log = logging.getLogger("trainer_bridge")

#: Batches that are accumulated for the test, at most; the fault shows with two already.
MOST_BATCHES = 4
#: Samples of a batch, at most.
SAMPLES = 4


def batches_to_a_step(args: Any) -> int:
    """How many batches make one optimizer step: accumulated ones, and those of other ranks."""
    return args.gradient_accumulation_steps * max(1, args.world_size)


def inflation(trainer: Any, samples: list[Any]) -> int | None:
    """How many times too large the Trainer reports the loss of a step of several batches; None when it is right.

    The loss of a batch is compared with that of a step in which the same batch is accumulated several times.
    ``samples`` are some of the training set. Forward and backward run on a few of them, and all that they change
    (gradients, random numbers, running statistics) is put back.
    """
    times = min(MOST_BATCHES, batches_to_a_step(trainer.args))
    if times < 2 or not samples:
        return None
    few = samples[: min(SAMPLES, trainer.args.per_device_train_batch_size)]
    with _undone(trainer):
        one = _reported(trainer, few, 1)
    with _undone(trainer):
        several = _reported(trainer, few, times)
    ratio = several / one if one else 1.0
    # Dropout shifts a right loss by some per cent; a wrong one is ``times`` as large.
    return batches_to_a_step(trainer.args) if abs(ratio - times) < times / 4 else None


def inflation_of_running() -> int | None:
    """The same for the Trainer out of whose ``train`` a callback is being called. Raises nothing.

    Nothing is tried where it could disturb: with other ranks, sharded weights, or data that can be read only once.
    """
    trainer = running_trainer()
    try:
        if trainer is None or batches_to_a_step(trainer.args) < 2 or not _is_plain(trainer):
            return None
        with _same_random_numbers():
            few = min(SAMPLES, len(trainer.train_dataset))
            samples = [trainer.train_dataset[place] for place in range(few)]
        return inflation(trainer, samples)
    except Exception as error:
        log.debug("the scale of the loss could not be tried: %s", error)
        return None


def inflated(batches: int) -> str:
    """What to tell somebody whose loss is inflated."""
    return (
        f"The loss, and with it the gradients, come out {batches} times too large with {batches} batches to a step: "
        "the model's loss does not divide by num_items_in_batch, and the Trainer thinks it does. Set "
        "accepts_loss_kwargs=False in the recipe (in a script: trainer.model_accepts_loss_kwargs = False)."
    )


def _is_plain(trainer: Any) -> bool:
    whole = not (trainer.is_deepspeed_enabled or trainer.is_fsdp_enabled)
    return whole and trainer.args.world_size == 1 and hasattr(trainer.train_dataset, "__len__")


def _reported(trainer: Any, samples: list[Any], times: int) -> float:
    """The loss of one optimizer step over ``times`` equal batches, as the Trainer adds it up."""
    samples = columns_used(trainer, samples)
    batches = [trainer._prepare_inputs(trainer.data_collator(samples)) for _ in range(times)]
    items = trainer._get_num_items_in_batch(batches, trainer.args.device)
    trainer.current_gradient_accumulation_steps = times
    return sum(float(trainer.training_step(trainer.model, batch, items)) for batch in batches)


@contextlib.contextmanager
def _undone(trainer: Any) -> Iterator[None]:
    """Random numbers, gradients, buffers and mode of the model are afterwards as they were before."""
    import torch

    model = trainer.model
    buffers = [(buffer, buffer.detach().clone()) for buffer in model.buffers()]
    mode = model.training
    with _same_random_numbers():
        try:
            yield
        finally:
            model.zero_grad()
            model.train(mode)
            with torch.no_grad():
                for buffer, before in buffers:
                    buffer.copy_(before)


@contextlib.contextmanager
def _same_random_numbers() -> Iterator[None]:
    import numpy
    import torch

    python, array = random.getstate(), numpy.random.get_state()
    devices = [torch.cuda.current_device()] if torch.cuda.is_available() else []
    with torch.random.fork_rng(devices):
        try:
            yield
        finally:
            random.setstate(python)
            numpy.random.set_state(array)
