"""The promise of an export, for every built-in recipe: loaded as its card says, it measures what was logged."""

import math
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from runs.checkpoints.rank import best, checkpoints_of
from runs.errors import ExportError
from runs.exports.here import export_here
from runs.exports.options import Options
from runs.models import Checkpoint, Run
from tests.runs.checkpoints.trainings import trained_run
from tests.trainer_bridge.tasks import tiny
from trainer_bridge import recipes

pytestmark = [pytest.mark.django_db, pytest.mark.training, pytest.mark.slow]
#: Twice in a training it is measured and saved; the learning rate is such that the two differ.
ARGS = {
    "max_steps": 8,
    "eval_strategy": "steps",
    "eval_steps": 4,
    "save_strategy": "steps",
    "save_steps": 4,
    "learning_rate": 0.01,
    "per_device_train_batch_size": 8,
}


@pytest.fixture(autouse=True)
def data_dir(settings, tmp_path, monkeypatch) -> Path:
    settings.RUNS_DIR, settings.EXPORTS_DIR = tmp_path / "runs", tmp_path / "exports"
    monkeypatch.setenv("TRAINBOARD_DATA_DIR", str(tmp_path))
    return tmp_path


def trained(spec: dict[str, Any], runs_dir: Path) -> Run:
    """A run of ``spec`` with the checkpoints that its Trainer saved."""
    return trained_run(spec, runs_dir, f"tiny {spec['recipe']}")[1]


def exported(run: Run, folder: Path, **options: Any) -> Checkpoint:
    """The best checkpoint of ``run``, whose export lies in ``folder``."""
    found = best(
        checkpoints_of(run).select_related("run__project", "run__sweep"), run.objective, run.greater_is_better
    )
    assert found is not None
    export_here(found, Options(to="folder", **options), folder, lambda text: None)
    return found


def loaded(folder: Path, own: Any) -> dict[str, Any]:
    """What the lines of the card make, run in a fresh namespace; ``own`` is the person's own nn.Module."""
    card = (folder / "README.md").read_text()
    code = re.search(r"```python\n(.*?)```", card, re.DOTALL)[1]
    names: dict[str, Any] = {"model": own}
    exec(code.replace("this folder", str(folder)), names)
    return names


def measured(spec: dict[str, Any], folder: Path, again: Path) -> tuple[dict[str, float], dict[str, Any], Any]:
    """What the loaded model measures on the evaluation data of a new Trainer of ``spec``."""
    from trainer_bridge.spec import build_trainer

    trainer = build_trainer(spec, again).trainer
    names = loaded(folder, trainer.model)
    if names["model"] is not trainer.model:
        # The weights of the new Trainer's model count for nothing from here on.
        trainer.model = trainer.model_wrapped = names["model"]
    return trainer.evaluate(), names, trainer


@pytest.mark.parametrize("recipe", sorted(recipes.catalog()))
def test_an_exported_model_measures_what_was_logged(recipe, data_dir):
    spec = tiny.spec(recipe, data_dir, **ARGS)
    run = trained(spec, data_dir / "runs")
    checkpoint = exported(run, data_dir / "model")
    metrics, names, trainer = measured(spec, data_dir / "model", data_dir / "again")
    key = run.objective.removeprefix("eval/")
    assert metrics[f"eval_{key}"] == pytest.approx(checkpoint.metrics[run.objective], rel=1e-5)
    assert metrics["eval_loss"] == pytest.approx(checkpoint.metrics["eval/loss"], rel=1e-5)
    assert math.isfinite(metrics["eval_loss"])
    if "tokenizer" in names:
        text = "one two three, one five."
        assert names["tokenizer"](text)["input_ids"] == trainer.processing_class(text)["input_ids"]


def test_every_built_in_recipe_has_a_tiny_spec():
    assert tiny.REST.keys() == recipes.catalog().keys()
    assert len(tiny.REST) == 15


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_the_bytes_measure_nearly_the_same(dtype, data_dir):
    import torch

    spec = tiny.spec("digits-vit", data_dir, **ARGS)
    run = trained(spec, data_dir / "runs")
    checkpoint = exported(run, data_dir / "model", dtype=dtype)
    metrics, names, _ = measured(spec, data_dir / "model", data_dir / "again")
    assert {p.dtype for p in names["model"].parameters()} == {getattr(torch, dtype)}
    assert metrics["eval_loss"] == pytest.approx(checkpoint.metrics["eval/loss"], rel=0.02)


@pytest.fixture
def adapted(data_dir) -> dict[str, Any]:
    """The spec of adapters, saved alone, beside a model with its tokenizer that lies in a folder."""
    plain = tiny.spec("text-classification", data_dir, **ARGS)
    exported(trained(plain, data_dir / "runs"), data_dir / "models" / "base")
    return {**plain, "model": {"source": "folder", "name": "base", "lora": True, "lora_merged": False}}


@pytest.mark.parametrize("lora", ["merged", "adapter"])
def test_an_adapter_that_was_saved_alone(lora, adapted, data_dir):
    run = trained(adapted, data_dir / "runs")
    checkpoint = exported(run, data_dir / "model", lora=lora)
    names = {path.name for path in (data_dir / "model").iterdir()}
    assert ("adapter_config.json" in names) == (lora == "adapter")
    assert ("model.safetensors" in names) == (lora == "merged")
    metrics, _, _ = measured(adapted, data_dir / "model", data_dir / "again")
    assert metrics["eval_loss"] == pytest.approx(checkpoint.metrics["eval/loss"], rel=1e-4)


def test_a_merged_adapter_without_its_base_says_so(adapted, data_dir):
    run = trained(adapted, data_dir / "runs")
    shutil.rmtree(data_dir / "models" / "base")
    with pytest.raises(ExportError, match=r"trained beside is not at .* any more\. Export the adapter only"):
        exported(run, data_dir / "model", lora="merged")
    assert not (data_dir / "model").exists()
    exported(run, data_dir / "model", lora="adapter")
