"""Parts of the rehearsal: which samples, what memory, how many checkpoints."""

import resource
from types import SimpleNamespace

import pytest
import torch
from datasets import Dataset

from trainer_bridge.rehearsal import memory, samples
from trainer_bridge.rehearsal.faults import faults_of
from trainer_bridge.rehearsal.plan import every, plan_of

ROWS = [{"input_ids": [0] * length} for length in (3, 9, 1, 9, 4)]


@pytest.mark.parametrize("data", [ROWS, Dataset.from_list(ROWS)], ids=["list", "datasets"])
def test_the_longest_samples_come_first(data):
    places, length = samples.longest(data, 3)
    assert (places, length) == ([1, 3, 4], 9)
    assert [len(row["input_ids"]) for row in samples.take(data, places)] == [9, 9, 4]


def test_of_choices_the_longest_one_counts_for_all():
    rows = [{"input_ids": [[0] * 2, [0] * 2]}, {"input_ids": [[0], [0] * 4]}]
    assert samples.longest(rows, 1) == ([1], 8)


@pytest.mark.parametrize("rows", [[{"x": 1.0}, {"x": 2.0}], [(1.0, 2.0), (3.0, 4.0)]])
def test_where_nothing_has_a_length_the_first_samples_are_as_good(rows):
    assert samples.longest(rows, 5) == ([0, 1], None)


def test_samples_that_are_slow_to_make_are_looked_at_for_a_while_only(monkeypatch):
    monkeypatch.setattr(samples, "BEARABLE", -1.0)
    places, length = samples.longest(ROWS, 2)
    assert length is None
    assert len(places) == 2


def test_places_are_spread_over_all():
    assert samples.spread(10, 3) == [0, 4, 8]
    assert samples.spread(3, 10) == [0, 1, 2]
    assert samples.spread(0, 3) == samples.spread(3, 0) == []
    assert samples.repeated([1, 2], 5) == [1, 2, 1, 2, 1]


def test_a_gpu_that_trains_something_else_is_left_its_room(monkeypatch):
    asked = []
    monkeypatch.setattr(memory, "_limit_own", asked.append)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "set_per_process_memory_fraction", asked.append)
    for free in (98, 50):
        monkeypatch.setattr(torch.cuda, "mem_get_info", lambda free=free: (free, 100))
        memory.leave_room()
    assert asked == [pytest.approx(0.4)]


def test_a_batch_that_is_larger_than_the_free_memory_raises_what_stands_at_its_field(monkeypatch):
    monkeypatch.setattr(memory, "available", lambda: 500_000_000)
    before = resource.getrlimit(resource.RLIMIT_DATA)
    memory.leave_room()
    try:
        with pytest.raises(RuntimeError) as caught:
            torch.empty(3_000_000_000, dtype=torch.uint8)
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)
    (fault,) = faults_of(caught.value, "training", ["args.per_device_train_batch_size"])
    assert fault.key == "args.per_device_train_batch_size"
    assert fault.sentence.startswith("A batch needs more memory than there is.")


def test_no_more_is_available_than_a_container_has(monkeypatch, tmp_path):
    most, used = tmp_path / "max", tmp_path / "current"
    used.write_text("700\n")
    monkeypatch.setattr(memory, "_GROUPS", ((str(most), str(used)),))
    whole = memory.available()
    most.write_text("max\n")
    assert memory.available() > 1_000_000
    most.write_text("1000\n")
    assert (whole > 1_000_000, memory.available()) == (True, 300)


def test_the_peak_is_that_since_it_was_last_begun():
    block = torch.ones(60_000_000)
    memory.begin_peak()
    before = memory.peak()
    del block
    memory.begin_peak()
    assert memory.peak() < before - 200_000_000
    block = torch.ones(60_000_000)
    assert memory.peak() > before - 50_000_000
    assert block.sum() == 60_000_000


@pytest.mark.parametrize(
    ("chosen", "evaluations", "saves", "kept"),
    [
        ({"save_strategy": "no"}, 4, 0, 0),
        ({"save_strategy": "epoch", "save_total_limit": None}, 4, 4, 4),
        ({"save_strategy": "epoch", "save_total_limit": 1, "load_best_model_at_end": True}, 4, 4, 3),
        ({"save_strategy": "epoch", "save_total_limit": 1}, 4, 4, 2),
        ({"save_strategy": "best", "save_total_limit": 2}, 4, 4, 3),
        # 40 steps: at 15, 30 and, as always, at the end.
        ({"save_strategy": "steps", "save_steps": 15, "save_total_limit": 9}, 4, 3, 3),
        (
            {"eval_strategy": "steps", "eval_steps": 0.25, "save_strategy": "steps", "save_steps": 0.5},
            4,
            2,
            2,
        ),
    ],
)
def test_evaluations_and_checkpoints_are_counted(chosen, evaluations, saves, kept):
    args = {
        "eval_strategy": "epoch",
        "eval_steps": None,
        "save_steps": 500,
        "save_total_limit": None,
        "load_best_model_at_end": False,
        "train_batch_size": 4,
        **chosen,
    }
    trainer = SimpleNamespace(
        args=SimpleNamespace(**args),
        train_dataset=range(40),
        get_train_dataloader=lambda: None,
        set_initial_training_values=lambda *_: (4, 10, 40, 160, 4, 10, 40),
    )
    plan = plan_of(trainer)
    assert (plan.steps, plan.epochs) == (40, 4)
    assert (plan.evaluations, plan.saves, plan.kept) == (evaluations, saves, kept)


def test_a_ratio_of_steps_is_rounded_up_as_the_trainer_does():
    assert [every(0.3, 11), every(5, 11), every(None, 11)] == [4, 5, 11]
