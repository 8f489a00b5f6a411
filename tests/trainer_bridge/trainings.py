"""Tiny real trainings: a model of two parameters, a Trainer around it, and a list that takes its events."""

from pathlib import Path

import torch
from torch import nn
from transformers import PrinterCallback, Trainer, TrainingArguments

from trainer_bridge.callback import BridgeCallback
from trainer_bridge.control import Control


class Line(nn.Module):
    """y = a x + b."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Parameter(torch.zeros(()))
        self.b = nn.Parameter(torch.zeros(()))

    def forward(self, x, labels=None):
        logits = self.a * x + self.b
        return {"loss": ((logits - labels) ** 2).mean(), "logits": logits}


class Events:
    """Stands where the BridgeClient stands: what was emitted, in order."""

    def __init__(self, attempt: int = 1) -> None:
        self.attempt = attempt
        self.seen: list = []
        self.on_event = lambda event: None

    def emit(self, event) -> None:
        self.seen.append(event)
        self.on_event(event)

    def of(self, kind) -> list:
        return [event for event in self.seen if isinstance(event, kind)]


def points(count: int) -> list[dict]:
    return [{"x": torch.tensor(i / count), "labels": torch.tensor(2 * i / count + 1)} for i in range(count)]


def line_trainer(
    folder: Path, events: Events, *, metrics=None, trainer_class=Trainer, **arguments
) -> tuple[Trainer, Control]:
    """16 points, batches of 4: 4 steps an epoch. Log every 2 steps; no evaluation, no saving unless asked."""
    control = Control(events.emit)
    args = TrainingArguments(
        **{
            "output_dir": str(folder / "checkpoints"),
            "num_train_epochs": 1,
            "per_device_train_batch_size": 4,
            "logging_steps": 2,
            "save_strategy": "no",
            "learning_rate": 0.1,
            "report_to": "none",
            "disable_tqdm": True,
            "use_cpu": True,
            **arguments,
        }
    )
    callback = BridgeCallback(events, control)
    trainer = trainer_class(
        model=Line(),
        args=args,
        train_dataset=points(16),
        eval_dataset=points(8),
        compute_metrics=metrics,
        callbacks=[callback],
    )
    trainer.remove_callback(PrinterCallback)
    trainer.trainboard = callback
    return trainer, control
