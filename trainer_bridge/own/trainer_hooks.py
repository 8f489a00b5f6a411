"""A Trainer that a script made, as Trainboard wants it: reported, quiet on the console, its dead losses shown."""

from typing import Any

from transformers import (
    PrinterCallback,
    ProgressCallback,
    Trainer,
    TrainerControl,
    TrainerState,
    TrainingArguments,
)

from trainer_bridge.callback import BridgeCallback
from trainer_bridge.checkpoint_weights import CheckpointTrainer
from trainer_bridge.control import Control
from trainer_bridge.printing import LogPrinter


class FurtherCallback(BridgeCallback):
    """Of a script's second Trainer the measures are kept, not the checkpoints: they are another model's."""

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """They stay where the script puts them."""

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """The run ends with the script."""


def adopt(trainer: Trainer, client: Any, control: Control, prefix: str = "") -> BridgeCallback:
    """Report the Trainer through ``client``; the callback that does so."""
    callback = FurtherCallback(client, control) if prefix else BridgeCallback(client, control)
    callback.prefix = prefix
    quiet(trainer)
    trainer.add_callback(callback)
    trainer.add_callback(LogPrinter())
    return callback


def resumes_rightly(trainer: Trainer, *, forked: bool) -> None:
    """Give it what Trainboard's own Trainer has for going on from a checkpoint; what the script overrides stays so."""
    own = type(trainer)
    bases = (CheckpointTrainer,) if own is Trainer else (own, CheckpointTrainer)
    trainer.__class__ = type(own.__name__, bases, {"__module__": own.__module__})
    trainer.forked = forked


def quiet(trainer: Trainer) -> None:
    """No raw dictionaries and no bars on the console; and with the filter on, a dead training logs a loss of 0."""
    trainer.args.logging_nan_inf_filter = False
    for noisy in (PrinterCallback, ProgressCallback):
        trainer.remove_callback(noisy)
