"""Steps that stand out are told with the rows of their batch, and early stopping says how long it waits."""

import math

import pytest
import torch
from torch.utils.data import IterableDataset
from transformers import EarlyStoppingCallback, Trainer

from tests.trainer_bridge.trainings import Events, line_trainer, points
from trainer_bridge import callback, incidents
from trainer_bridge.protocol import Progress, Warning

pytestmark = pytest.mark.training


class Watched(Trainer):
    """Keeps the x of every batch, by step."""

    def training_step(self, model, inputs, *args, **kwargs):
        seen = self.__dict__.setdefault("seen", {})
        seen.setdefault(self.state.global_step + 1, []).extend(round(float(x) * 16) for x in inputs["x"])
        return super().training_step(model, inputs, *args, **kwargs)


class Stream(IterableDataset):
    """The 16 points, whose numbers nobody knows but who counts them."""

    def __iter__(self):
        return iter(points(16))


def watched(tmp_path, **arguments):
    """A training that keeps its batches, and the rows that were noted for each step."""
    events = Events()
    trainer, _ = line_trainer(tmp_path, events, trainer_class=Watched, **{"logging_steps": 3} | arguments)
    trainer.trainboard.keep_batches = True
    return trainer, events


def noted(trainer, monkeypatch, kind=incidents.BatchRows):
    """{step: rows} as the training goes."""
    rows = {}
    take = kind.take_step

    def taken(self):
        found = take(self)
        rows[trainer.state.global_step] = found
        return found

    monkeypatch.setattr(kind, "take_step", taken)
    return rows


@pytest.mark.parametrize(
    "arguments",
    [
        {"num_train_epochs": 2},
        {"num_train_epochs": 2, "gradient_accumulation_steps": 3},
        {"dataloader_num_workers": 1, "dataloader_prefetch_factor": 3},
    ],
    ids=["shuffled", "accumulated", "prefetched"],
)
def test_the_rows_are_those_that_the_step_saw(tmp_path, monkeypatch, arguments):
    # It tries a few samples itself before the first step.
    monkeypatch.setattr(callback, "inflation_of_running", lambda: None)
    trainer, events = watched(tmp_path, **arguments)
    rows = noted(trainer, monkeypatch)
    trainer.train()
    assert rows == trainer.seen
    assert sorted(rows[1] + rows[2]) != list(range(8)), "the order was shuffled"
    assert events.of(Warning) == []


def test_an_attempt_that_goes_on_knows_its_rows(tmp_path, monkeypatch):
    first, _ = watched(tmp_path, save_strategy="steps", save_steps=3, max_steps=3)
    first.train()
    trainer, _ = watched(tmp_path, num_train_epochs=2)
    rows = noted(trainer, monkeypatch)
    trainer.train(resume_from_checkpoint=str(tmp_path / "checkpoints" / "checkpoint-3"))
    assert min(rows) == 4
    assert rows == trainer.seen


@pytest.mark.parametrize(
    "arguments",
    [
        {"max_steps": 3},
        {"max_steps": 6},
        {"max_steps": 3, "gradient_accumulation_steps": 2},
        {"max_steps": 3, "dataloader_num_workers": 1, "dataloader_prefetch_factor": 3},
        {"max_steps": 6, "per_device_train_batch_size": 5},
    ],
    ids=["once", "again", "accumulated", "prefetched", "uneven"],
)
def test_rows_of_a_stream_are_its_running_numbers(tmp_path, monkeypatch, arguments):
    trainer, _ = watched(tmp_path, **arguments)
    trainer.train_dataset = Stream()
    rows = noted(trainer, monkeypatch, incidents.StreamRows)
    trainer.train()
    assert len(rows) == arguments["max_steps"]
    assert rows == trainer.seen


def test_an_attempt_that_goes_on_counts_on_in_its_stream(tmp_path, monkeypatch):
    arguments = {"save_strategy": "steps", "save_steps": 2, "gradient_accumulation_steps": 2}
    first, _ = watched(tmp_path, max_steps=1, **arguments | {"save_steps": 1})
    first.train_dataset = Stream()
    first.train()
    trainer, _ = watched(tmp_path, max_steps=2, **arguments)
    trainer.train_dataset = Stream()
    rows = noted(trainer, monkeypatch, incidents.StreamRows)
    trainer.train(resume_from_checkpoint=str(tmp_path / "checkpoints" / "checkpoint-1"))
    assert rows == trainer.seen == {2: list(range(8, 16))}


def test_a_batch_of_a_stream_is_told_as_such(tmp_path):
    trainer, events = watched(tmp_path, max_steps=6, logging_nan_inf_filter=False)
    trainer.train_dataset = Stream()
    step = trainer.training_step
    # From the sixth step on, the second of the second reading.
    trainer.training_step = lambda *args: step(*args) * (math.nan if trainer.state.global_step == 5 else 1)
    trainer.train()
    (told,) = events.of(Warning)
    assert (told.step, told.details["rows"], told.details["times_read"]) == (6, [4, 5, 6, 7], 2)
    assert told.text.endswith("the batch: rows 4 to 7 of the stream, begun 2 times.")


def test_keeping_batches_changes_nothing_of_the_training(tmp_path):
    losses = []
    for keeps in (False, True):
        trainer, _ = watched(tmp_path, logging_steps=1)
        trainer.trainboard.keep_batches = keeps
        trainer.train()
        losses.append([log["loss"] for log in trainer.state.log_history if "loss" in log])
    assert losses[0] == losses[1]


def test_a_nan_is_told_once_with_step_norm_and_rows(tmp_path):
    trainer, events = watched(tmp_path, num_train_epochs=2, logging_nan_inf_filter=False)
    trainer.train_dataset[5]["labels"] = torch.tensor(math.nan)
    trainer.train()
    (told,) = events.of(Warning)
    assert 5 in told.details["rows"]
    assert told.details["rows"] == trainer.seen[told.step]
    assert math.isnan(told.details["loss"])
    assert math.isnan(told.details["grad_norm"])
    assert (
        told.text == f"In step {told.step} the loss is NaN and the gradient norm is NaN; the batch: 4 rows."
    )


def test_a_spike_is_told_with_what_is_usual(tmp_path):
    trainer, events = watched(tmp_path, num_train_epochs=15, learning_rate=1e-6)
    trainer.train_dataset = points(16) * 15
    trainer.train_dataset[200] = {"x": torch.tensor(0.5), "labels": torch.tensor(900.0)}
    trainer.args.num_train_epochs = 1
    trainer.train()
    (told,) = events.of(Warning)
    assert 200 in told.details["rows"]
    assert "the loss is" in told.text
    assert "is usual" in told.text


def test_early_stopping_counts_down(tmp_path):
    events = Events()
    each_step = {"eval_strategy": "steps", "eval_steps": 1, "save_strategy": "steps", "save_steps": 1}
    best = {"metric_for_best_model": "fixed", "load_best_model_at_end": True, "save_total_limit": 1}
    trainer, _ = line_trainer(
        tmp_path, events, metrics=lambda p: {"fixed": 1.0}, num_train_epochs=3, **each_step, **best
    )
    trainer.add_callback(EarlyStoppingCallback(3))
    trainer.train()
    told = [(event.patience_left, event.patience) for event in events.of(Progress)]
    assert told[0] == (3, 3)
    assert told[-1] == (0, 3)
    assert trainer.state.global_step == 4
    reason = trainer.trainboard.stopped_early(trainer.args)
    assert reason == "early stopping: fixed did not improve over 3 evaluations"


def test_without_early_stopping_there_is_nothing_to_count(tmp_path):
    events = Events()
    trainer, _ = line_trainer(tmp_path, events)
    trainer.train()
    assert {event.patience_left for event in events.of(Progress)} == {None}
    assert trainer.trainboard.stopped_early(trainer.args) == ""
