"""Every row of the Trainer's parameters by every way a person has, down to a training that uses it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from runs.models import Project, Run, Sweep
from runs.specs import spec_with
from tests.trainer_bridge.tasks.tiny import some_slow
from trainer_bridge.spec import build_trainer

pytestmark = [pytest.mark.training, pytest.mark.slow]

RECIPE = "text-classification"
#: Something in every row of the Trainer's parameters, of a training that takes no time.
WANTED = {
    "params.max_length": 16,
    "model.hidden_size": 16,
    "model.num_hidden_layers": 1,
    "model.config": {"intermediate_size": 24},
    "model.vocab_size": 500,
    "data.max_samples": 60,
    "data.max_eval_samples": 12,
    "trainer.data_collator": "DataCollatorWithPadding",
    "trainer.data_collator_options": {"pad_to_multiple_of": 16},
    "trainer.loss": "focal",
    "trainer.metrics": "single_label",
    "trainer.preprocess_logits_for_metrics": "argmax",
    "trainer.optimizer": "SGD",
    "trainer.optimizer_options": {"momentum": 0.5},
    "trainer.early_stopping": True,
    "trainer.callbacks": {"ProgressCallback": {"max_str_len": 50}},
    "args.max_steps": 2,
    "args.eval_strategy": "steps",
    "args.eval_steps": 1,
    "args.save_strategy": "steps",
    "args.save_steps": 1,
    "args.lr_scheduler_type": "constant",
    "args.label_smoothing_factor": 0.0,
}


def trained(run: Run, folder: Path) -> Any:
    trainer = build_trainer(run.spec, folder / run.pk).trainer
    trainer.train()
    return trainer


def spec() -> dict[str, Any]:
    return spec_with({"recipe": RECIPE}, WANTED)


def form() -> dict[str, str]:
    texts = {key: json.dumps(value) for key, value in WANTED.items() if not isinstance(value, str)}
    return {"recipe": RECIPE, "project": "digits", **WANTED, **texts}


def by_form(client: Client) -> Any:
    return client.post("/p/digits/new", form())


def by_rest(client: Client) -> Any:
    body = {"project": "digits", "spec": spec()}
    return client.post("/api/v1/runs", body, content_type="application/json")


def by_yaml(client: Client) -> Any:
    text = json.dumps({"project": "digits", **spec()})  # JSON is YAML
    return client.post("/api/v1/runs", text, content_type="application/yaml")


@pytest.mark.parametrize("way", [by_form, by_rest, by_yaml])
def test_every_row_reaches_the_training(
    way: Any, owner_client: Client, project: Project, tmp_path: Path
) -> None:
    answer = way(owner_client)
    assert answer.status_code in (201, 303), answer.content
    trainer = trained(Run.objects.get(), tmp_path)
    config = trainer.model.config
    assert (config.hidden_size, config.num_hidden_layers, config.intermediate_size) == (16, 1, 24)
    assert len(trainer.processing_class) <= 500
    assert (len(trainer.train_dataset), len(trainer.eval_dataset)) == (60, 12)
    assert (type(trainer.data_collator).__name__, trainer.data_collator.pad_to_multiple_of) == (
        "DataCollatorWithPadding",
        16,
    )
    assert trainer.compute_loss_func.__qualname__.startswith("focal")
    assert trainer.optimizer.param_groups[0]["momentum"] == 0.5
    assert trainer.preprocess_logits_for_metrics is not None
    names = [type(callback).__name__ for callback in trainer.callback_handler.callbacks]
    assert {"EarlyStoppingCallback", "ProgressCallback"} <= set(names)
    measured = [row for row in trainer.state.log_history if "eval_mcc" in row]
    assert [row["step"] for row in measured] == [1, 2]
    assert (trainer.state.global_step, trainer.args.lr_scheduler_type) == (2, "constant")


def _patience(trainer: Any) -> int:
    callbacks = trainer.callback_handler.callbacks
    return next(
        found.early_stopping_patience for found in callbacks if hasattr(found, "early_stopping_patience")
    )


#: Two values of each row in which a sweep makes sense, and what of the Trainer shows which one it was.
SWEPT: dict[str, tuple[tuple[Any, Any], Callable[[Any], Any]]] = {
    "model.architecture": (("bert", "distilbert"), lambda trainer: trainer.model.config.model_type),
    "model.hidden_size": ((16, 32), lambda trainer: trainer.model.config.hidden_size),
    "data.max_samples": ((40, 60), lambda trainer: len(trainer.train_dataset)),
    "trainer.loss": (("model", "focal"), lambda trainer: "focal" if trainer.compute_loss_func else "model"),
    "trainer.optimizer": (("SGD", "Adam"), lambda trainer: type(trainer.optimizer.optimizer).__name__),
    "trainer.early_stopping_patience": ((1, 2), _patience),
    "args.learning_rate": ((0.001, 0.002), lambda trainer: trainer.args.learning_rate),
    "params.max_length": (
        (8, 16),
        lambda trainer: max(len(row["input_ids"]) for row in trainer.train_dataset),
    ),
}


@pytest.mark.parametrize("key", some_slow(SWEPT, "trainer.loss", "data.max_samples"))
def test_a_row_is_swept(key: str, owner_client: Client, project: Project, tmp_path: Path) -> None:
    values, shown = SWEPT[key]
    asked = {f"sweep.{key}": "1", f"mode.{key}": "list", f"list.{key}": [str(value) for value in values]}
    if not isinstance(values[0], str):
        asked[f"list.{key}"] = ", ".join(map(str, values))
    plain = form() | {"trainer.optimizer_options": "", "model.config": ""}
    assert owner_client.post("/p/digits/new", plain | asked).status_code == 303
    trials = Sweep.objects.get().runs.order_by("trial")
    assert [shown(trained(run, tmp_path)) for run in trials] == list(values)


def test_a_mistake_is_told_at_its_field_and_nothing_is_queued(owner_client: Client, project: Project) -> None:
    body = {
        "project": "digits",
        "spec": {"recipe": "digits-vit", "trainer": {"los": "focal", "focal_gamma": -1}},
    }
    answer = owner_client.post("/api/v1/runs", body, content_type="application/json")
    assert answer.status_code == 422
    assert answer.json()["problems"] == {
        "trainer.los": "There is no field los here. Did you mean loss?",
        "trainer.focal_gamma": "Must be 0 or more.",
    }
    assert not Run.objects.exists()
