"""One optimizer step gives the same loss, gradient and weights however it is cut into batches.

Heads differ in who divides the loss, and batches in how many labelled tokens they hold; a wrong answer makes the
loss four times too large here, or a few per cent off.
"""

from pathlib import Path
from typing import Any

import pytest
import torch

from tests.trainer_bridge.tasks.tiny import REST, some_slow, spec
from trainer_bridge.recipes import catalog
from trainer_bridge.spec import build_trainer

pytestmark = pytest.mark.training

#: Plain gradient descent: Adam would turn the smallest difference of a gradient around zero into a whole step.
ONE_STEP = {
    "max_steps": 1,
    "optim": "sgd",
    "learning_rate": 0.1,
    "max_grad_norm": 1e6,
    "lr_scheduler_type": "constant",
    "warmup_steps": 0,
    "weight_decay": 0.0,
    "logging_steps": 1,
    "eval_strategy": "no",
    "save_strategy": "no",
    "load_best_model_at_end": False,
}


def one_step(made: dict[str, Any], folder: Path) -> tuple[dict[str, float], dict[str, torch.Tensor]]:
    """What is logged of a step on 16 rows, and the weights after it."""
    trainer = build_trainer(made, folder).trainer
    if made["recipe"] == "masked-lm":
        trainer.train_dataset = trainer.eval_dataset  # where the same tokens are hidden each time
    trainer.train()
    return trainer.state.log_history[0], trainer.model.state_dict()


@pytest.mark.parametrize("name", some_slow(catalog(), "text-classification", "causal-lm"))
def test_a_step_in_four_parts_is_the_step_in_one(name: str, data_folder: Path) -> None:
    cuts = [
        spec(
            name,
            data_folder,
            **ONE_STEP,
            per_device_train_batch_size=batch,
            gradient_accumulation_steps=16 // batch,
        )
        for batch in (16, 4)
    ]
    (whole, weights), (parts, others) = (one_step(cut, data_folder / "run") for cut in cuts)
    assert parts["loss"] == pytest.approx(whole["loss"], rel=1e-4)
    assert parts["grad_norm"] == pytest.approx(whole["grad_norm"], rel=1e-3)
    assert whole["grad_norm"] > 1e-3
    for key, weight in weights.items():
        torch.testing.assert_close(others[key], weight, rtol=1e-4, atol=1e-5, msg=key)


def test_every_recipe_is_tried() -> None:
    assert set(REST) == set(catalog())
