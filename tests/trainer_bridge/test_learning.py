"""The built-in recipes learn: digits at its defaults, the longer ones on less data."""

import math
from pathlib import Path
from typing import Any

import pytest

from trainer_bridge.spec import BuiltTraining, build_trainer

pytestmark = pytest.mark.training


def trained(folder: Path, recipe: str, params: dict[str, Any], args: dict[str, Any]) -> BuiltTraining:
    training = build_trainer({"recipe": recipe, "params": params, "args": args}, folder)
    training.trainer.train()
    return training


def score_of(training: BuiltTraining, metric: str) -> float:
    return training.trainer.evaluate(training.test_dataset, metric_key_prefix="test")[f"test_{metric}"]


@pytest.mark.slow
def test_digits_are_told_apart(tmp_path: Path) -> None:
    assert score_of(trained(tmp_path, "digits-vit", {}, {}), "accuracy") >= 0.95


@pytest.mark.slow
def test_languages_are_told_apart(tmp_path: Path) -> None:
    training = trained(tmp_path, "language-id", {"languages": 4, "vocab_size": 1000}, {"num_train_epochs": 4})
    assert score_of(training, "accuracy") > 0.8  # one in four by chance


@pytest.mark.slow
def test_python_is_learned(tmp_path: Path) -> None:
    params = {"train_kilobytes": 100, "hidden_size": 64}
    training = trained(tmp_path, "stdlib-lm", params, {"learning_rate": 5e-3, "logging_steps": 5})
    assert score_of(training, "bits_per_byte") < 4.4  # 8 by chance, 4.8 by how frequent each byte is
    logged = [log["loss"] / math.log(2) for log in training.trainer.state.log_history if "loss" in log]
    assert logged[-1] < logged[0] - 2
