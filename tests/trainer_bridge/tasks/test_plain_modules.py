"""The two worked examples that need no model of transformers."""

from pathlib import Path
from typing import Any

import pytest
import torch

from trainer_bridge.plain.skip_gram import IGNORED, Neighbours, SkipGram, Windows, vocabulary, words_of
from trainer_bridge.spec import build_trainer

pytestmark = [pytest.mark.training, pytest.mark.slow]


def test_linear_regression_recovers_its_weights(tmp_path: Path) -> None:
    built = build_trainer({"recipe": "linear-regression"}, tmp_path)
    built.trainer.train()
    layer = built.trainer.model.layer
    assert layer.weight[0].tolist() == pytest.approx([2, -3.4], abs=0.005)
    assert layer.bias.item() == pytest.approx(4.2, abs=0.005)
    measured = built.trainer.evaluate(built.test_dataset, metric_key_prefix="test")
    assert measured["test_rmse"] == pytest.approx(0.01, abs=0.003)  # the noise
    assert measured["test_w1"] == layer.weight[0, 0].item()


def test_the_recipes_own_optimizer_is_the_one_that_steps(tmp_path: Path) -> None:
    spec = {
        "recipe": "linear-regression",
        "params": {"sgd_lr": 0.25},
        "args": {"max_steps": 1, "logging_steps": 1},
    }
    trainer = build_trainer(spec, tmp_path).trainer
    trainer.train()
    assert isinstance(trainer.optimizer.optimizer, torch.optim.SGD)
    assert trainer.state.log_history[0]["learning_rate"] == 0.25


#: Two words that stand in the same places, and two others.
TEXTS = [f"{animal} eats {food} now" for animal in ("cat", "dog") for food in ("fish", "meat")] * 100


def test_words_in_the_same_places_become_neighbours_and_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TRAINBOARD_DATA_DIR", str(tmp_path))
    (tmp_path / "datasets").mkdir()
    (tmp_path / "datasets" / "animals.txt").write_text("\n".join(TEXTS))
    spec: dict[str, Any] = {
        "recipe": "word2vec",
        "params": {"vector_size": 8, "window": 2, "sample": 1.0, "probes": "cat, zebra"},
        "data": {"source": "animals.txt"},
        "args": {"learning_rate": 0.05, "per_device_train_batch_size": 64, "num_train_epochs": 4},
    }
    trainer = build_trainer(spec, tmp_path / "run").trainer
    trainer.train()
    told = [line for line in capsys.readouterr().out.splitlines() if "cat: " in line]
    assert len(told) == 4
    assert told[-1].split("cat: ")[1].startswith("dog, ")
    assert trainer.state.best_metric > 0.55  # 0.5 knows nothing


def test_neighbours_are_told_of_known_words_by_one_process(capsys: pytest.CaptureFixture[str]) -> None:
    class State:
        global_step = 7
        is_world_process_zero = True

    model, told = SkipGram(3, 4), Neighbours(["b", "unknown"], {"a": 0, "b": 1, "c": 2}, count=2)
    with torch.no_grad():
        model.middle.weight[:] = torch.tensor([[1.0, 0, 0, 0], [1, 0.1, 0, 0], [0, 0, 1, 0]])
    told.on_evaluate(None, State, None, model=model)
    assert capsys.readouterr().out == "step 7  b: a, c\n"
    State.is_world_process_zero = False
    told.on_evaluate(None, State, None, model=model)
    assert capsys.readouterr().out == ""


def test_a_window_ends_where_the_text_does() -> None:
    numbers = vocabulary(words_of(["One two, two THREE!", "two one"]), 1)
    assert numbers == {"two": 0, "one": 1, "three": 2}

    class Never:
        random = staticmethod(lambda: 0.5)

    rows = Windows([[1, 0, 2]], 2, [[0, 0]], [1, 1, 1], Never)
    assert [row["labels"].tolist() for row in rows] == [
        [IGNORED, IGNORED, 0, 2],
        [IGNORED, 1, 2, IGNORED],
        [1, 0, IGNORED, IGNORED],
    ]
