"""Rehearsals of tiny recipes, in this process: what they tell, and where each mistake is said."""

import math
from functools import partial
from types import MappingProxyType

import pytest
import torch
from torch import nn
from transformers import TrainerCallback

from tests.trainer_bridge.trainings import Line, points
from trainer_bridge import recipes
from trainer_bridge.data_choice import Column
from trainer_bridge.recipes import TrainerParts, recipe
from trainer_bridge.rehearsal import rehearse

pytestmark = pytest.mark.training

ARGUMENTS = {
    "num_train_epochs": 3,
    "per_device_train_batch_size": 4,
    "learning_rate": 0.1,
    "logging_steps": 1,
    "eval_strategy": "epoch",
    "save_strategy": "epoch",
    "save_total_limit": 2,
}


def tiny(name, build, objective="eval/loss", **arguments):
    words = {"title": name, "task": "test", "description": "For a test."}
    make = recipe(
        name=name,
        objective=objective,
        greater_is_better=False,
        arguments={**ARGUMENTS, **arguments},
        **words,
    )
    return make(build)


def error(prediction):
    return {"mse": float(((prediction.predictions - prediction.label_ids) ** 2).mean())}


def line(*, seed: int) -> TrainerParts:
    return TrainerParts(Line(), points(18), points(8), compute_metrics=error)


class Words(nn.Module):
    """Says one of three classes; its loss is that of BERT's heads: no division by num_items_in_batch."""

    def __init__(self, room: int = 16) -> None:
        super().__init__()
        self.embed, self.head = nn.Embedding(10, 4), nn.Linear(4, 3)
        self.room = room

    def forward(self, input_ids, labels=None, **kwargs):
        if input_ids.shape[0] * input_ids.shape[1] > self.room * 1000:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        logits = self.head(self.embed(input_ids).mean(1))
        return {"loss": nn.functional.cross_entropy(logits, labels), "logits": logits}


def texts(number, longest=6):
    """Sample 7 is the longest; "note" is a column that no model takes."""
    return [
        {"input_ids": [n % 10] * (longest if n == 7 else 2), "labels": n % 3, "note": "x"}
        for n in range(number)
    ]


def pad(batch):
    width = max(len(sample["input_ids"]) for sample in batch)
    ids = [[*sample["input_ids"], *([0] * (width - len(sample["input_ids"])))] for sample in batch]
    return {"input_ids": torch.tensor(ids), "labels": torch.tensor([sample["labels"] for sample in batch])}


def words(*, right: bool = False, seed: int) -> TrainerParts:
    model = Words()
    return TrainerParts(
        model, texts(24), texts(9), data_collator=pad, accepts_loss_kwargs=False if right else None
    )


def hungry(*, seed: int) -> TrainerParts:
    return TrainerParts(Words(0), texts(24), texts(9), data_collator=pad)


def columns(data, *, seed: int) -> TrainerParts:
    data.load({"text": Column("text"), "label": Column("label")})
    raise AssertionError("it has no such column")


def reads(data, *, seed: int) -> TrainerParts:
    """Learns from a person's texts: as many ids as characters."""
    splits = data.load({"text": Column("text"), "label": Column("label")})
    encode = partial(_encoded, field="text")
    train = splits.train.map(encode, remove_columns=["text", "label"])
    evaluation = splits.evaluation.map(encode, remove_columns=["text", "label"])
    return TrainerParts(Words(), train, evaluation, data_collator=pad, notes=splits.notes)


def _encoded(row, field):
    return {"input_ids": [1] * len(row[field]), "labels": row["label"]}


def bad_loss(*, seed: int) -> TrainerParts:
    return TrainerParts(Line(), points(18), points(8), compute_loss_func=lambda *_, **__: 1 / 0)


class Told(TrainerCallback):
    """Says that a training began."""

    seen: list[str] = []
    name = "kept"

    def on_train_begin(self, args, state, control, **kwargs):
        self.seen.append(self.name)


class Service(Told):
    name = "reported"


Service.__module__ = "transformers.integrations.of_a_service"


def reporting(*, seed: int) -> TrainerParts:
    return TrainerParts(Line(), points(18), points(8), callbacks=[Told(), Service()])


def broken(*, seed: int) -> TrainerParts:
    raise RuntimeError("the weights are gone")


def bad_metric(*, seed: int) -> TrainerParts:
    return TrainerParts(Line(), points(18), points(8), compute_metrics=lambda p: {"mse": 1 / 0})


def stream(*, seed: int) -> TrainerParts:
    class Stream(torch.utils.data.IterableDataset):
        def __iter__(self):
            return iter(points(50))

    return TrainerParts(Line(), Stream(), None)


RECIPES = [line, words, hungry, columns, reads, broken, bad_metric, bad_loss, reporting]


@pytest.fixture(autouse=True)
def _known(monkeypatch):
    known = {build.__name__: tiny(build.__name__, build) for build in RECIPES}
    known["stream"] = tiny(
        "stream", stream, max_steps=40, eval_strategy="no", save_strategy="no", load_best_model_at_end=False
    )
    monkeypatch.setattr(recipes, "catalog", lambda: MappingProxyType(known))


@pytest.fixture
def rehearsed(tmp_path):
    """rehearsed(recipe, …) → its result and what it told meanwhile; it leaves no file."""

    def run(name, **groups):
        told = []
        result = rehearse({"recipe": name, **groups}, tmp_path, told.append)
        assert list(tmp_path.rglob("*.safetensors")) == []
        return result, told

    return run


def where(result):
    return [problem["key"] for problem in result["problems"]]


def test_what_a_run_will_take(rehearsed):
    result, told = rehearsed("line", args={"gradient_accumulation_steps": 2})
    assert (result["parameters"], result["trainable"], result["model"]) == (2, 2, "Line")
    # 18 samples, 4 at a time, two batches a step: 3 steps an epoch.
    assert (result["steps"], result["steps_per_epoch"], result["epochs"]) == (9, 3, 3)
    assert result["batch"] == {"per_step": 4, "accumulation": 2, "processes": 1, "effective": 8}
    assert len(result["losses"]) == 6
    assert 0 < result["seconds_per_step"] < result["seconds"]
    assert result["evaluation"]["times"] == 3
    assert (result["evaluation"]["samples"], result["evaluation"]["metrics"]) == (8, ["loss", "mse"])
    assert result["memory"]["total"] > result["memory"]["training"] > 10_000_000
    assert result["memory"]["evaluation"] > 10_000_000
    checkpoint = result["checkpoint"]
    assert (checkpoint["saves"], checkpoint["kept"], checkpoint["measured"]) == (3, 3, True)
    assert checkpoint["disk"] == 3 * checkpoint["bytes"] > 1000
    group = {"name": "decayed", "weights": 2, "learning_rate": 0.1, "weight_decay": 0.0}
    assert result["optimizer"] == {"class": "AdamW", "groups": [group]}
    assert (result["problems"], result["cautions"]) == ([], {})
    assert told[0] == "building the model and the data"
    assert "step 6 of 6" in told


def test_the_longest_batch_is_rehearsed_and_dropped_columns_are_named(rehearsed):
    result, _ = rehearsed("words")
    assert result["longest_sample"] == 6
    assert result["dropped"] == ["note"]


def test_columns_of_a_persons_data_that_nothing_uses_are_named(rehearsed, tmp_path, monkeypatch):
    monkeypatch.setenv("TRAINBOARD_DATA_FOLDERS", str(tmp_path))
    file = tmp_path / "rows.csv"
    rows = [f"{n},{'abc'[n % 3] * (n + 1)},{n % 3},x" for n in range(20)]
    file.write_text("\n".join(["number,text,label,author", *rows]))
    result, _ = rehearsed("reads", data={"source": str(file)})
    assert result["problems"] == []
    assert result["dropped"] == ["number", "author"]
    assert result["longest_sample"] >= 18


def test_nothing_is_reported_to_a_service_and_callbacks_are_rehearsed_too(rehearsed):
    result, _ = rehearsed("reporting", trainer={"early_stopping": True})
    assert result["problems"] == []
    assert Told.seen == ["kept"]


def test_a_stream_is_rehearsed_too(rehearsed):
    result, _ = rehearsed("stream")
    assert (result["problems"], result["steps"], result["steps_per_epoch"]) == ([], 40, None)
    assert result["seconds"] == pytest.approx(40 * result["seconds_per_step"])
    assert result["checkpoint"]["disk"] == 0
    assert "evaluation" not in result


def test_a_value_that_is_refused_stands_at_its_field(rehearsed):
    result, _ = rehearsed("line", args={"learning_rate": -1, "num_train_epochs": 0})
    assert set(where(result)) == {"args.learning_rate", "args.num_train_epochs"}


def test_a_metric_that_does_not_come_out_is_told_with_those_that_do(rehearsed):
    result, _ = rehearsed("line", args={"metric_for_best_model": "rmse", "greater_is_better": False})
    assert where(result) == ["args.metric_for_best_model"]
    sentence = result["problems"][0]["sentence"]
    assert sentence == "No metric is called rmse. There are: loss, mse. Did you mean mse?"
    # Everything else came out all the same.
    assert result["checkpoint"]["bytes"] > 0


def test_a_column_that_is_not_there_stands_at_the_data(rehearsed, tmp_path, monkeypatch):
    monkeypatch.setenv("TRAINBOARD_DATA_FOLDERS", str(tmp_path))
    file = tmp_path / "rows.csv"
    file.write_text("number,kind\n1,1\n2,2\n3,1\n4,2\n")
    result, _ = rehearsed("columns", data={"source": str(file)})
    assert where(result) == ["data.columns"]
    assert "text" in result["problems"][0]["sentence"]


def test_memory_that_runs_out_stands_at_the_batch_size_of_training_and_of_evaluation(rehearsed):
    result, _ = rehearsed("hungry")
    assert where(result) == ["args.per_device_train_batch_size", "args.per_device_eval_batch_size"]
    assert "Halve it" in result["problems"][0]["sentence"]
    assert "checkpoint" not in result


def test_a_recipe_that_is_gone_is_told_as_it_is(rehearsed):
    result, _ = rehearsed("gone")
    assert where(result) == ["recipe"]
    assert "There is no recipe 'gone'" in result["problems"][0]["sentence"]
    assert "column" not in result["problems"][0]["sentence"]


def test_what_no_field_explains_stands_at_the_recipe_with_its_traceback(rehearsed):
    result, _ = rehearsed("broken")
    problem = result["problems"][0]
    assert (problem["key"], problem["sentence"]) == ("recipe", "RuntimeError: the weights are gone")
    assert "in broken" in problem["details"]


def test_a_loss_that_raises_ends_training_and_evaluation_and_is_told_once(rehearsed):
    result, _ = rehearsed("bad_loss")
    assert where(result) == ["recipe"]
    assert result["problems"][0]["stage"] == "training"


def test_what_a_setting_put_to_work_is_blamed_where_it_was_set(rehearsed):
    """Classification metrics of a line's numbers."""
    result, _ = rehearsed("line", trainer={"metrics": "tokens"})
    assert where(result) == ["trainer.metrics"]


def test_a_metric_function_that_raises_is_told_and_the_rest_is_tried(rehearsed):
    result, _ = rehearsed("bad_metric")
    assert [(problem["key"], problem["stage"]) for problem in result["problems"]] == [
        ("recipe", "evaluating")
    ]
    assert "ZeroDivisionError" in result["problems"][0]["sentence"]
    assert result["checkpoint"]["measured"]


@pytest.mark.parametrize(
    ("right", "accumulation", "times"), [(False, 1, None), (False, 3, 3), (False, 8, 8), (True, 3, None)]
)
def test_a_loss_that_grows_with_accumulation_is_seen(rehearsed, right, accumulation, times):
    result, _ = rehearsed(
        "words", params={"right": right}, args={"gradient_accumulation_steps": accumulation}
    )
    assert result.get("inflation") == times
    assert ("args.gradient_accumulation_steps" in result["cautions"]) == (times is not None)
    if times:
        assert f"{times} times too large" in result["cautions"]["args.gradient_accumulation_steps"]


def test_what_will_surprise_is_a_caution_at_its_field(rehearsed):
    args = {
        "max_steps": 5,
        "logging_steps": 10,
        "warmup_steps": 9,
        "eval_strategy": "steps",
        "eval_steps": 50,
    }
    result, _ = rehearsed("line", args={**args, "save_strategy": "steps", "save_steps": 50})
    assert set(result["cautions"]) == {
        "args.logging_steps",
        "args.warmup_steps",
        "args.eval_steps",
        "args.save_steps",
    }
    assert result["problems"] == []


def test_a_loss_that_is_no_number_is_a_caution(rehearsed):
    result, _ = rehearsed("line", args={"learning_rate": 1e38, "max_grad_norm": 0, "optim": "sgd"})
    assert not all(map(math.isfinite, result["losses"]))
    assert "smaller learning_rate" in result["cautions"]["args.learning_rate"]
