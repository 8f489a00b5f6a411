"""A checkpoint's weights, loaded and measured without training."""

import pytest
import torch

from tests.trainer_bridge.trainings import Events, line_trainer
from trainer_bridge.evaluations.again import load, part_of
from trainer_bridge.problem import SpecProblem

pytestmark = pytest.mark.training


class Built:
    test_dataset = None

    def __init__(self, trainer):
        self.trainer = trainer


def test_the_saved_weights_are_measured(tmp_path):
    trainer, _ = line_trainer(tmp_path, Events(), eval_strategy="epoch", save_strategy="epoch")
    trainer.train()
    (logged,) = [log["eval_loss"] for log in trainer.state.log_history if "eval_loss" in log]
    other, _ = line_trainer(tmp_path / "other", Events())
    load(other, tmp_path / "checkpoints" / "checkpoint-4")
    measured = other.evaluate(part_of(Built(other), "validation"), metric_key_prefix="eval")
    assert measured["eval_loss"] == pytest.approx(logged)


def test_only_safetensors_are_loaded(tmp_path):
    trainer, _ = line_trainer(tmp_path, Events())
    (tmp_path / "weights").mkdir()
    torch.save(trainer.model.state_dict(), tmp_path / "weights" / "pytorch_model.bin")
    with pytest.raises(SpecProblem, match="safetensors"):
        load(trainer, tmp_path / "weights")


def test_a_part_that_the_data_has_not_is_said(tmp_path):
    trainer, _ = line_trainer(tmp_path, Events())
    with pytest.raises(SpecProblem, match="no test split"):
        part_of(Built(trainer), "test")
