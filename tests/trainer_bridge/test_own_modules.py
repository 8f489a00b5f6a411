"""A model of one's own: a plain ``nn.Module`` is saved, comes back at its best, and goes on where it was."""

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from tests.trainer_bridge.toy import SAVING, built
from trainer_bridge.recipes import Recipe, TrainerParts, recipe
from trainer_bridge.trainer_record import trainer_record

pytestmark = pytest.mark.training


class Line(torch.nn.Module):
    """y = w · x + b, one output."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = torch.nn.Linear(2, 1)

    def forward(self, x: torch.Tensor, labels: torch.Tensor | None = None) -> dict[str, torch.Tensor]:
        logits = self.linear(x).squeeze(-1)
        loss = {} if labels is None else {"loss": torch.nn.functional.mse_loss(logits, labels)}
        return {**loss, "logits": logits}


def line() -> Recipe:
    """y = 2 x₁ − 3.4 x₂ + 4.2, with an optimizer of its own."""

    @recipe(
        name="line",
        task="regression",
        objective="eval/loss",
        arguments={
            "max_steps": 40,
            "per_device_train_batch_size": 16,
            "logging_steps": 1,
            "eval_strategy": "steps",
        }
        | {"eval_steps": 2, "lr_scheduler_type": "constant", "max_grad_norm": 0.0}
        | SAVING
        | {"save_total_limit": 2},
    )
    def build(*, rate: float = 0.1, seed: int) -> TrainerParts:
        model = Line()
        inputs = torch.randn(64, 2, generator=torch.Generator().manual_seed(0))
        items = [{"x": x, "labels": x @ torch.tensor([2.0, -3.4]) + 4.2, "name": "unused"} for x in inputs]
        optimizer = torch.optim.SGD(model.parameters(), lr=rate)
        return TrainerParts(
            model=model, train_dataset=items[:48], eval_dataset=items[48:], optimizers=(optimizer, None)
        )

    return build


def losses(trainer: Any) -> list[float]:
    return [log["loss"] for log in trainer.state.log_history if "loss" in log]


def test_it_learns_with_the_optimizer_that_was_handed_over(tmp_path: Path) -> None:
    trainer = built(tmp_path, line())
    trainer.train()
    assert trainer.model.linear.weight.flatten().tolist() == pytest.approx([2.0, -3.4], abs=0.05)
    assert trainer.model.linear.bias.item() == pytest.approx(4.2, abs=0.05)
    saved = load_file(Path(trainer.state.best_model_checkpoint, "model.safetensors"))
    assert all(torch.equal(saved[name], weight) for name, weight in trainer.model.state_dict().items())


def test_it_returns_to_its_best_checkpoint(tmp_path: Path) -> None:
    # Above 1 each step overshoots: the first evaluation is the best one.
    trainer = built(tmp_path, line(), params={"rate": 1.5}, args={"max_steps": 6})
    trainer.train()
    assert trainer.state.best_global_step == 2
    saved = load_file(tmp_path / "checkpoint-2" / "model.safetensors")
    assert all(torch.equal(saved[name], weight) for name, weight in trainer.model.state_dict().items())


def test_it_resumes_bit_for_bit(tmp_path: Path) -> None:
    whole, resumed = (built(tmp_path / name, line(), args={"max_steps": 4}) for name in "ab")
    whole.train()
    resumed.train(resume_from_checkpoint=str(tmp_path / "a" / "checkpoint-2"))
    assert losses(resumed) == losses(whole)


def test_the_record_says_what_the_trainer_was_given(tmp_path: Path) -> None:
    trainer = built(tmp_path, line(), args={"max_steps": 2})
    trainer.train()
    found = trainer_record(trainer, ["name"])
    assert found["model"] == ["Line", "3 weights, 3 of them trained", "float32"]
    assert found["train_dataset"] == ["list, 48 samples", "columns left out: name"]
    assert found["optimizer"] == ["SGD", "3 weights, learning rate 0.1, weight decay 0"]
    assert found["compute_loss_func"] == ["the model's own", "the mean of each batch"]
    assert found["data_collator"] == ["transformers.data.data_collator.default_data_collator"]
    assert found["lr_scheduler"] == ["LambdaLR"]
