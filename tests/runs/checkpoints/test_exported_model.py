"""The promise of an export: transformers loads the unzipped folder, and it measures what was logged."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import Client
from django.urls import reverse

from runs.checkpoints.rank import best, checkpoints_of, resumable
from runs.exports.options import Options
from runs.exports.plan import plan_export
from runs.models import Checkpoint, Run
from tests.runs.checkpoints.trainings import trained_run
from tests.trainer_bridge.tasks import tiny

pytestmark = [pytest.mark.django_db, pytest.mark.training]


@pytest.fixture
def trained(runs_dir: Path) -> Callable[[dict[str, Any]], tuple[Any, Run]]:
    """trained(spec) → (what was built, its run with every checkpoint the Trainer saved)."""

    def train(spec: dict[str, Any]) -> tuple[Any, Run]:
        return trained_run(spec, runs_dir, "exported")

    return train


def export_best(client: Client, run: Run, folder: Path, objective: str = "eval/accuracy") -> Checkpoint:
    """Download the best checkpoint of ``run`` as a browser does, and unzip it into ``folder``."""
    response = client.get(reverse("run_best_download", args=[run.pk]), headers={"accept-encoding": "gzip"})
    assert response.status_code == 200
    data = async_to_sync(collected)(response.streaming_content)
    assert len(data) == int(response["Content-Length"])
    zipfile.ZipFile(io.BytesIO(data)).extractall(folder)
    return best(checkpoints_of(run), objective, True)


async def collected(blocks: Any) -> bytes:
    return b"".join([block async for block in blocks])


@pytest.mark.slow
def test_exported_digits_model_measures_what_was_logged(trained, owner_client, tmp_path):
    import torch
    from transformers import AutoModelForImageClassification

    built, run = trained({"recipe": "digits-vit", "args": {"num_train_epochs": 4, "learning_rate": 4e-3}})
    checkpoint = export_best(owner_client, run, tmp_path / "unzipped")
    model = AutoModelForImageClassification.from_pretrained(tmp_path / "unzipped").eval()
    items = built.trainer.eval_dataset
    pixels = torch.stack([torch.as_tensor(item["pixel_values"]) for item in items])
    with torch.no_grad():
        answers = model(pixel_values=pixels).logits.argmax(-1)
    right = sum(int(answer) == item["labels"] for answer, item in zip(answers, items, strict=True))
    assert right / len(items) == checkpoint.metrics["eval/accuracy"] > 0.2
    assert resumable(run).step == max(run.checkpoints.values_list("step", flat=True))
    # The Trainer kept two; the others are known, with their metrics, as deleted.
    assert run.checkpoints.filter(deleted_at=None, problem="").count() == 2
    assert run.checkpoints.exclude(deleted_at=None).count() == 2


@pytest.mark.slow
def test_exported_language_model_measures_what_was_logged(trained, owner_client, tmp_path):
    from transformers import AutoModelForSequenceClassification, AutoTokenizer, Trainer, TrainingArguments

    spec = {
        "recipe": "language-id",
        "params": {"languages": 2, "vocab_size": 500, "hidden_size": 16, "num_hidden_layers": 1},
        "args": {"num_train_epochs": 1},
    }
    built, run = trained(spec)
    checkpoint = export_best(owner_client, run, tmp_path / "unzipped")
    model = AutoModelForSequenceClassification.from_pretrained(tmp_path / "unzipped")
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "unzipped")
    text = "Bitte geben Sie einen gültigen Wert ein."
    assert tokenizer(text)["input_ids"] == built.trainer.processing_class(text)["input_ids"]
    again = Trainer(
        model=model,
        args=TrainingArguments(
            output_dir=str(tmp_path / "again"), per_device_eval_batch_size=256, use_cpu=True
        ),
        eval_dataset=built.trainer.eval_dataset,
        processing_class=tokenizer,
        compute_metrics=built.trainer.compute_metrics,
    )
    assert again.evaluate()["eval_accuracy"] == checkpoint.metrics["eval/accuracy"]


@pytest.mark.slow
def test_a_lora_model_is_exported_merged_or_as_its_adapter(trained, owner_client, tmp_path):
    import torch
    from transformers import AutoModelForImageClassification

    spec = {
        "recipe": "image-classification",
        "model": {"lora": True, "hidden_size": 16, "num_hidden_layers": 1},
        "data": {"max_samples": 40, "max_eval_samples": 16},
        "args": {
            "max_steps": 2,
            "eval_strategy": "steps",
            "eval_steps": 1,
            "save_strategy": "steps",
            "save_steps": 1,
        },
    }
    built, run = trained(spec)
    checkpoint = export_best(owner_client, run, tmp_path / "unzipped")
    assert not (tmp_path / "unzipped/adapter").exists()
    adapter = {file.name: file.source for file in plan_export(checkpoint, Options(lora="adapter")).files}
    assert adapter["adapter_model.safetensors"] == "adapter/adapter_model.safetensors"
    assert "preprocessor_config.json" in adapter
    assert not {"model.safetensors", "config.json"} & adapter.keys()
    model = AutoModelForImageClassification.from_pretrained(tmp_path / "unzipped").eval()
    items = (built.trainer.eval_dataset[number] for number in range(4))
    pixels = torch.stack([torch.as_tensor(item["pixel_values"]) for item in items])
    with torch.no_grad():
        found, own = (one(pixel_values=pixels).logits for one in (model, built.trainer.model.eval()))
    assert torch.allclose(found, own, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("recipe", "head", "collator", "metric"),
    [
        ("text-classification", "SequenceClassification", "WithPadding", "accuracy"),
        ("token-classification", "TokenClassification", "ForTokenClassification", "f1"),
        ("seq2seq", "Seq2SeqLM", "ForSeq2Seq", "exact_match"),
    ],
)
def test_exported_task_models_measure_what_was_logged(
    trained, owner_client, tmp_path, monkeypatch, recipe, head, collator, metric
):
    import transformers

    monkeypatch.setenv("TRAINBOARD_DATA_DIR", str(tmp_path))
    often = {"eval_strategy": "steps", "eval_steps": 20, "save_strategy": "steps", "save_steps": 20}
    made = tiny.spec(
        recipe, tmp_path, max_steps=40, learning_rate=0.01, per_device_train_batch_size=8, **often
    )
    if recipe == "seq2seq":
        made["args"]["generation_max_length"] = 12
    built, run = trained(made)
    folder = tmp_path / "unzipped"
    checkpoint = export_best(owner_client, run, folder, f"eval/{metric}")
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    kind = type(built.trainer.args)
    generates = {"predict_with_generate": True, "generation_max_length": 12} if recipe == "seq2seq" else {}
    again = (transformers.Seq2SeqTrainer if generates else transformers.Trainer)(
        model=getattr(transformers, f"AutoModelFor{head}").from_pretrained(folder),
        args=kind(output_dir=str(tmp_path / "again"), use_cpu=True, report_to="none", **generates),
        data_collator=getattr(transformers, f"DataCollator{collator}")(tokenizer),
        eval_dataset=built.trainer.eval_dataset,
        processing_class=tokenizer,
        compute_metrics=built.trainer.compute_metrics,
        preprocess_logits_for_metrics=built.trainer.preprocess_logits_for_metrics,
    )
    assert again.evaluate()[f"eval_{metric}"] == checkpoint.metrics[f"eval/{metric}"] > 0
