"""Each task recipe learns from new weights on the data that comes with it, and that data is what it says."""

import dataclasses
import functools
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.trainer_bridge.tasks.tiny import REST, some_slow
from trainer_bridge import example_data
from trainer_bridge.recipes import catalog
from trainer_bridge.spec import build_trainer

pytestmark = [pytest.mark.training, pytest.mark.slow]

TASKS = {name: found for name, found in catalog().items() if "data" in found.takes}
#: A few steps on the same few rows: a model that can learn at all learns them.
SHORT = {
    "max_steps": 12,
    "per_device_train_batch_size": 16,
    "learning_rate": 5e-3,
    "lr_scheduler_type": "constant",
    "warmup_steps": 0,
    "logging_steps": 1,
    "save_strategy": "no",
    "load_best_model_at_end": False,
    "eval_strategy": "no",
}


@pytest.fixture(scope="module", autouse=True)
def each_example_once() -> Iterator[None]:
    """Examples are made once for all tests: some read the whole standard library."""
    once = {
        name: dataclasses.replace(found, make=functools.cache(found.make))
        for name, found in example_data.catalog().items()
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(example_data, "catalog", lambda: once)
        yield


@pytest.mark.parametrize("name", example_data.catalog())
def test_an_example_holds_what_it_says(name: str) -> None:
    example = example_data.catalog()[name]
    splits = example.make()
    assert list(splits) == ["train", "validation", "test"]
    for part in splits.values():
        assert part.column_names == list(example.columns)
        assert len(part) >= 100
    train, validation, test = ({plain(row) for row in part} for part in splits.values())
    assert not train & validation
    assert not (train | validation) & test


def plain(row: dict[str, Any]) -> str:
    """A row as text, an image by its pixels."""
    return repr(
        {name: value.tobytes() if hasattr(value, "tobytes") else value for name, value in row.items()}
    )


@pytest.mark.parametrize("name", some_slow(TASKS, "text-classification"))
def test_a_task_is_learned_from_its_example(name: str, tmp_path: Path) -> None:
    rest: dict[str, Any] = REST[name]
    # Word vectors begin near zero and need large steps to leave it.
    args = SHORT | ({"learning_rate": 0.1} if name == "word2vec" else {})
    spec = rest | {"recipe": name, "args": args, "data": {"max_samples": 16, "max_eval_samples": 16}}
    built = build_trainer(spec, tmp_path)
    built.trainer.train()
    losses = [log["loss"] for log in built.trainer.state.log_history if "loss" in log]
    assert losses[-1] < 0.95 * losses[0]
    measured = built.trainer.evaluate()
    assert math.isfinite(measured[built.objective.replace("/", "_")])
    assert len(built.test_dataset) >= 100
