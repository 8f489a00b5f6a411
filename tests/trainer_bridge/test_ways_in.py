"""A setting of the Trainer by every way a person has, down to a training that uses it."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from runs.models import Project, Run, Sweep
from trainer_bridge.spec import build_trainer

pytestmark = pytest.mark.training

#: Of the recipe's parameters and arguments what makes it train in no time.
SMALL = {"params.hidden_size": 4, "params.num_hidden_layers": 1, "args.max_steps": 1}
WANTED = {"trainer.loss": "focal", "trainer.optimizer": "SGD", "trainer.optimizer_options": {"momentum": 0.5}}


def trained(run: Run, folder: Path) -> Any:
    trainer = build_trainer(run.spec, folder / run.pk).trainer
    trainer.train()
    return trainer


def spec() -> dict[str, Any]:
    found: dict[str, Any] = {"recipe": "digits-vit"}
    for key, value in (SMALL | WANTED).items():
        group, _, name = key.partition(".")
        found.setdefault(group, {})[name] = value
    return found


def by_form(client: Client) -> Any:
    texts = {
        key: json.dumps(value) if isinstance(value, dict) else value
        for key, value in (SMALL | WANTED).items()
    }
    return client.post("/p/digits/new", {"recipe": "digits-vit", "project": "digits", **texts})


def by_rest(client: Client) -> Any:
    body = {"project": "digits", "spec": spec()}
    return client.post("/api/v1/runs", body, content_type="application/json")


def by_yaml(client: Client) -> Any:
    text = json.dumps({"project": "digits", **spec()})  # JSON is YAML
    return client.post("/api/v1/runs", text, content_type="application/yaml")


@pytest.mark.parametrize("way", [by_form, by_rest, by_yaml])
def test_a_setting_reaches_the_training(
    way: Any, owner_client: Client, project: Project, tmp_path: Path
) -> None:
    answer = way(owner_client)
    assert answer.status_code in (201, 303), answer.content
    trainer = trained(Run.objects.get(), tmp_path)
    assert trainer.compute_loss_func.__qualname__.startswith("focal")
    assert trainer.optimizer.param_groups[0]["momentum"] == 0.5


def test_a_setting_is_swept(owner_client: Client, project: Project, tmp_path: Path) -> None:
    swept = {"sweep.trainer.loss": "1", "mode.trainer.loss": "list", "list.trainer.loss": ["model", "focal"]}
    form = {"recipe": "digits-vit", "project": "digits", **SMALL, **swept}
    assert owner_client.post("/p/digits/new", form).status_code == 303
    trials = Sweep.objects.get().runs.order_by("trial")
    losses = [trained(run, tmp_path).compute_loss_func for run in trials]
    assert [loss and loss.__qualname__.partition(".")[0] for loss in losses] == [None, "focal"]


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
