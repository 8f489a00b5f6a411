"""A loss that grows with gradient accumulation is told at the run, and looking for it changes nothing."""

import pytest
import torch
from torch import nn
from transformers import Trainer, TrainerCallback, TrainingArguments

from tests.trainer_bridge.trainings import Events
from trainer_bridge.callback import BridgeCallback
from trainer_bridge.control import Control
from trainer_bridge.protocol import Warning

pytestmark = pytest.mark.training


class Classes(nn.Module):
    """Three classes, with dropout and running statistics. ``right``: divides by num_items_in_batch as it should."""

    def __init__(self, right: bool) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Dropout(0.3), nn.Linear(8, 3))
        self.right = right

    def forward(self, x, labels=None, num_items_in_batch=None, **kwargs):
        logits = self.layers(x)
        summed = nn.functional.cross_entropy(logits, labels, reduction="sum")
        count = num_items_in_batch if self.right and num_items_in_batch is not None else len(labels)
        return {"loss": summed / count, "logits": logits}


class Losses(TrainerCallback):
    def __init__(self) -> None:
        self.seen: list[float] = []

    def on_log(self, args, state, control, logs=None, **kwargs):
        self.seen.append(logs.get("loss", logs.get("train_loss")))


def trained(folder, *, right: bool, accumulation: int, callbacks) -> list[float]:
    """The losses that a short training logs."""
    torch.manual_seed(0)
    data = [{"x": torch.randn(4), "labels": n % 3} for n in range(24)]
    losses = Losses()
    trainer = Trainer(
        model=Classes(right),
        args=TrainingArguments(
            str(folder),
            max_steps=3,
            per_device_train_batch_size=4,
            gradient_accumulation_steps=accumulation,
            logging_steps=1,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
            use_cpu=True,
        ),
        train_dataset=data,
        callbacks=[*callbacks, losses],
    )
    trainer.train()
    return losses.seen


@pytest.mark.parametrize(
    ("right", "accumulation", "warned"), [(False, 2, True), (True, 2, False), (False, 1, False)]
)
def test_the_run_page_is_told_and_the_training_is_the_same(tmp_path, right, accumulation, warned):
    events = Events()
    callback = BridgeCallback(events, Control(events.emit))
    options = {"right": right, "accumulation": accumulation}
    watched = trained(tmp_path, **options, callbacks=[callback])
    assert watched == trained(tmp_path, **options, callbacks=[])
    warnings = events.of(Warning)
    assert [warning.code for warning in warnings] == (["loss scale"] if warned else [])
    if warned:
        assert "2 times too large with 2 batches to a step" in warnings[0].text


def test_what_cannot_be_tried_disturbs_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("trainer_bridge.loss_scale._reported", lambda *_: 1 / 0)
    events = Events()
    callback = BridgeCallback(events, Control(events.emit))
    assert len(trained(tmp_path, right=False, accumulation=2, callbacks=[callback])) == 4
    assert events.of(Warning) == []
