"""What the callback says about real trainings."""

import math

import numpy as np
import pytest
import torch
from transformers import TrainerControl, TrainerState

from tests.trainer_bridge.trainings import Events, line_trainer
from trainer_bridge import callback
from trainer_bridge.protocol import (
    Checkpoint,
    Command,
    CommandAck,
    Environment,
    Metrics,
    Progress,
    State,
    Warning,
)
from trainer_bridge.series_keys import measured_at, series_key

pytestmark = pytest.mark.training


def told(events) -> list:
    """The order of events: the type, the step, and for metrics the keys."""
    return [
        (type(event).__name__, getattr(event, "step", None), *sorted(getattr(event, "values", {})))
        for event in events.seen
        if not isinstance(event, Progress)
    ]


def test_the_events_of_a_training_in_their_order(tmp_path):
    events = Events()
    trainer, _ = line_trainer(
        tmp_path, events, eval_strategy="epoch", save_strategy="epoch", metrics=lambda p: {"error": 0.5}
    )
    trainer.trainboard.describe = lambda: {"device": "cpu"}
    trainer.train()
    train = ("train/grad_norm", "train/learning_rate", "train/loss")
    speed = ("speed/eval_runtime", "speed/eval_samples_per_second", "speed/eval_steps_per_second")
    assert told(events) == [
        ("State", None),
        ("Environment", None, "device"),
        ("Metrics", 2, *train),
        ("Metrics", 4, *train),
        ("Metrics", 4, "eval/error", "eval/loss", *speed),
        ("Checkpoint", 4),
        (
            "Metrics",
            4,
            "final/total_flos",
            "final/train_loss",
            "final/train_runtime",
            "final/train_samples_per_second",
            "final/train_steps_per_second",
        ),
    ]
    state = events.of(State)[0]
    assert (state.state, state.max_steps, state.num_train_epochs, state.resumed_step) == (
        "running",
        4,
        1.0,
        None,
    )
    assert events.of(Environment)[0].values == {"device": "cpu"}
    assert [event.epoch for event in events.of(Metrics)] == [0.5, 1.0, 1.0, 1.0]


def test_an_evaluation_is_told_batch_by_batch_and_its_end(tmp_path, monkeypatch):
    monkeypatch.setattr(callback, "PROGRESS_EVERY", 0)
    events = Events()
    trainer, _ = line_trainer(tmp_path, events, eval_strategy="epoch", per_device_eval_batch_size=2)
    trainer.train()
    told = [(event.step, event.evaluated, event.to_evaluate) for event in events.of(Progress)]
    assert told[3:] == [(4, None, None), *((4, n, 4) for n in (1, 2, 3, 4)), (4, None, None)]
    left = [event.seconds_left for event in events.of(Progress)[4:8]]
    assert left[0] is None
    assert left[1] > 0
    assert left[3] == 0


def test_an_evaluation_too_short_to_tell_says_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(callback, "PROGRESS_EVERY", 1000)
    events = Events()
    trainer, _ = line_trainer(tmp_path, events, eval_strategy="epoch", per_device_eval_batch_size=2)
    trainer.train()
    assert [event.evaluated for event in events.of(Progress)] in ([None], [None, None])


def test_what_a_step_learns_from_and_the_tokens_seen_are_told(tmp_path, monkeypatch):
    monkeypatch.setattr(callback, "PROGRESS_EVERY", 0)
    events = Events()
    counted = {"include_num_input_tokens_seen": "all", "gradient_accumulation_steps": 2}
    trainer, _ = line_trainer(tmp_path, events, **counted)
    trainer.model.main_input_name = "x"
    trainer.train()
    assert events.of(State)[0].samples_per_step == 8
    assert [event.tokens for event in events.of(Progress)] == [8, 16]


def test_a_checkpoint_says_what_it_holds_and_what_was_measured_there(tmp_path):
    events = Events()
    trainer, _ = line_trainer(tmp_path, events, eval_strategy="epoch", save_strategy="epoch")
    trainer.train()
    checkpoint = events.of(Checkpoint)[0]
    folder = tmp_path / "checkpoints" / "checkpoint-4"
    assert checkpoint.path == "checkpoints/checkpoint-4"
    assert {file.name: file.size for file in checkpoint.files} == {
        p.name: p.stat().st_size for p in folder.iterdir()
    }
    assert "trainer_state.json" in {file.name for file in checkpoint.files}
    logged = {key: value for event in events.of(Metrics)[1:3] for key, value in event.values.items()}
    assert checkpoint.metrics == logged
    assert (checkpoint.step, checkpoint.epoch, checkpoint.kept) == (4, 1.0, [4])


def test_kept_and_best_follow_the_trainers_rotation(tmp_path):
    errors = iter([3.0, 1.0, 2.0, 4.0])
    events = Events()
    trainer, _ = line_trainer(
        tmp_path,
        events,
        num_train_epochs=4,
        eval_strategy="epoch",
        save_strategy="epoch",
        save_total_limit=1,
        load_best_model_at_end=True,
        metric_for_best_model="error",
        greater_is_better=False,
        metrics=lambda p: {"error": next(errors)},
    )
    trainer.train()
    said = [(event.step, event.kept, event.best) for event in events.of(Checkpoint)]
    assert said == [
        (4, [4], True),
        (8, [8], True),
        (12, [8, 12], False),
        (16, [8, 16], False),
        (8, [8], True),  # after the training the Trainer deletes the last one, too
    ]
    assert events.of(Checkpoint)[-1].metrics["eval/error"] == 1.0
    assert [p.name for p in (tmp_path / "checkpoints").iterdir()] == ["checkpoint-8"]


def test_a_resumed_training_says_from_where(tmp_path):
    trainer, _ = line_trainer(tmp_path, Events(), num_train_epochs=2, save_strategy="epoch")
    trainer.train()
    events = Events(attempt=2)
    again, _ = line_trainer(tmp_path, events, num_train_epochs=2, save_strategy="epoch")
    again.train(resume_from_checkpoint=str(tmp_path / "checkpoints" / "checkpoint-4"))
    assert events.of(State)[0].resumed_step == 4
    assert min(event.step for event in events.of(Metrics)) == 6


def test_a_second_attempt_from_the_start_says_zero(tmp_path):
    events = Events(attempt=2)
    line_trainer(tmp_path, events)[0].train()
    assert events.of(State)[0].resumed_step == 0


def test_progress_is_sparse_and_ends_at_the_last_step(tmp_path):
    events = Events()
    line_trainer(tmp_path, events, num_train_epochs=10)[0].train()
    progress = events.of(Progress)
    assert progress[-1].step == progress[-1].max_steps == 40
    assert len(progress) < 20


def test_values_of_every_number_kind_arrive_as_floats_and_the_rest_is_said_once(tmp_path):
    events = Events()
    trainer, _ = line_trainer(tmp_path, events)
    logs = {
        "loss": math.nan,
        "a": np.float32(0.5),
        "b": torch.tensor([2.0]),
        "c": True,
        "d": math.inf,
        "e": "text",
        "f": [1, 2],
        "g": torch.ones(2),
        "h": None,
        "epoch": 1.0,
        "num_input_tokens_seen": 7,
    }
    before = dict(logs)
    for _ in range(2):
        trainer.trainboard.on_log(
            trainer.args, TrainerState(global_step=3, epoch=0.25), TrainerControl(), logs=logs
        )
    assert logs == before
    first = events.of(Metrics)[0]
    assert math.isnan(first.values.pop("train/loss"))
    assert first.values == {"train/a": 0.5, "train/b": 2.0, "train/c": 1.0, "train/d": math.inf}
    assert (first.step, first.epoch, first.tokens) == (3, 0.25, 7)
    assert all(type(value) is float for value in first.values.values())
    assert [event.code for event in events.of(Warning)] == [f"not a number train/{name}" for name in "efgh"]


def test_a_fault_in_the_callback_does_not_end_the_training(tmp_path):
    events = Events()
    trainer, _ = line_trainer(tmp_path, events, save_strategy="epoch")
    trainer.trainboard.describe = lambda: 1 / 0
    trainer.train()
    assert trainer.state.global_step == 4
    assert [event.code for event in events.of(Warning)] == ["callback on_train_begin"]
    assert "division by zero" in events.of(Warning)[0].text
    assert len(events.of(Metrics)) == 3


def test_other_ranks_say_nothing(tmp_path):
    events = Events()
    trainer, _ = line_trainer(tmp_path, events)
    state = TrainerState(global_step=1, is_world_process_zero=False)
    trainer.trainboard.on_log(trainer.args, state, TrainerControl(), logs={"loss": 1.0})
    assert events.seen == []


def stop_at(events, control, step, command):
    """Give the command as soon as the training reports ``step``."""

    def on_event(event):
        if isinstance(event, Metrics) and event.step == step:
            control.receive(command)

    events.on_event = on_event


def test_a_stop_saves_a_whole_checkpoint_and_ends_within_a_step(tmp_path):
    events = Events()
    trainer, control = line_trainer(tmp_path, events, num_train_epochs=50)
    stop_at(events, control, 10, Command(5, "stop"))
    trainer.train()
    assert trainer.state.global_step == 11
    assert events.of(Checkpoint)[0].step == 11
    assert (tmp_path / "checkpoints" / "checkpoint-11" / "trainer_state.json").exists()
    acks = [(ack.id, ack.status, ack.step) for ack in events.of(CommandAck)]
    assert acks == [(5, "received", None), (5, "applied", 11)]


def test_a_stop_may_be_asked_not_to_save(tmp_path):
    events = Events()
    trainer, control = line_trainer(tmp_path, events, num_train_epochs=50)
    stop_at(events, control, 10, Command(5, "stop", {"save": False}))
    trainer.train()
    assert trainer.state.global_step == 11
    assert events.of(Checkpoint) == []


def test_save_and_evaluate_happen_at_the_next_step_and_the_training_goes_on(tmp_path):
    events = Events()
    trainer, control = line_trainer(tmp_path, events, num_train_epochs=3)
    stop_at(events, control, 4, Command(1, "save"))
    control.receive(Command(2, "evaluate"))
    trainer.train()
    assert trainer.state.global_step == 12
    assert [event.step for event in events.of(Checkpoint)] == [5]
    assert [event.step for event in events.of(Metrics) if "eval/loss" in event.values] == [1]


@pytest.mark.parametrize(
    ("name", "final", "key"),
    [
        ("loss", False, "train/loss"),
        ("grad_norm", False, "train/grad_norm"),
        ("eval_accuracy", False, "eval/accuracy"),
        ("eval_french_loss", False, "eval/french_loss"),
        ("test_accuracy", False, "test/accuracy"),
        ("eval", False, "train/eval"),
        ("evaluation_time", False, "train/evaluation_time"),
        ("eval_runtime", False, "speed/eval_runtime"),
        ("train_tokens_per_second", False, "speed/train_tokens_per_second"),
        ("train_loss", True, "final/train_loss"),
        ("total_flos", True, "final/total_flos"),
    ],
)
def test_series_keys(name, final, key):
    assert series_key(name, final=final) == key


def test_only_what_was_measured_at_the_step_counts():
    history = [
        {"loss": 1.0, "step": 4},
        {"eval_loss": 2.0, "epoch": 1.0, "step": 8},
        {"eval_loss": 3.0, "step": 8},
        {"train_loss": 9.0, "train_runtime": 1.0, "step": 8},
    ]
    assert measured_at(history, 8) == {"eval/loss": 3.0}
    assert measured_at(history, 4) == {"train/loss": 1.0}
    assert measured_at(history, 5) == {}
