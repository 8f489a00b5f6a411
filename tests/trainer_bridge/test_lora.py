"""LoRA in real trainings: few weights learn, checkpoints come back, and folders load without peft."""

from pathlib import Path
from typing import Any

import peft.utils.save_and_load
import pytest
import torch
from peft import PeftModel
from transformers import AutoModelForSequenceClassification

from tests.trainer_bridge.toy import SAVING, TINY, WORDS, built, toy
from trainer_bridge.model_choice import ModelChoice
from trainer_bridge.problem import SpecProblem
from trainer_bridge.spec_fields import problems
from trainer_bridge.trainer_record import trainer_record

pytestmark = pytest.mark.training

#: Wide enough a step that the adapters change something.
ADAPTED = {"model": {"lora": True}, "args": {**SAVING, "learning_rate": 0.05}}


def losses(trainer: Any) -> list[float]:
    return [log["loss"] for log in trainer.state.log_history if "loss" in log]


def logits(model: Any, trainer: Any) -> torch.Tensor:
    batch = trainer.processing_class(list(WORDS), padding=True, return_tensors="pt")
    with torch.no_grad():
        return model.eval()(**batch).logits


def test_only_adapters_and_the_new_head_learn(tmp_path: Path) -> None:
    trainer = built(tmp_path, **ADAPTED)
    before = {name: weight.clone() for name, weight in trainer.model.named_parameters()}
    trainer.train()
    changed = {
        name for name, weight in trainer.model.named_parameters() if not torch.equal(weight, before[name])
    }
    assert changed
    assert all("lora_" in name or "classifier.modules_to_save" in name for name in changed)
    assert trainer_record(trainer)["model"][3] == "adapter default: r 8, alpha 16, in query, value"


def test_a_resumed_training_goes_on_with_its_adapter(tmp_path: Path) -> None:
    whole, resumed = built(tmp_path / "a", **ADAPTED), built(tmp_path / "b", **ADAPTED)
    whole.train()
    resumed.train(resume_from_checkpoint=str(tmp_path / "a" / "checkpoint-2"))
    assert losses(resumed) == losses(whole)


def test_the_best_adapter_is_loaded_and_its_folder_computes_the_same_without_peft(tmp_path: Path) -> None:
    trainer = built(tmp_path, **ADAPTED)
    trainer.train()
    best = trainer.state.best_model_checkpoint
    plain = AutoModelForSequenceClassification.from_pretrained(best)
    assert not hasattr(plain, "peft_config")
    assert torch.allclose(logits(plain, trainer), logits(trainer.model, trainer), atol=1e-6)


def test_the_adapter_lies_beside_for_whoever_has_the_base(tmp_path: Path) -> None:
    trainer = built(tmp_path, **ADAPTED)
    trainer.train()
    torch.manual_seed(trainer.args.seed)
    base = ModelChoice({"config": TINY, "vocab_size": 300}).build(
        "AutoModelForSequenceClassification", tokenizer=trainer.processing_class, num_labels=2
    )
    again = PeftModel.from_pretrained(base, Path(trainer.state.best_model_checkpoint, "adapter"))
    assert torch.allclose(logits(again, trainer), logits(trainer.model, trainer), atol=1e-6)


def test_an_adapter_alone_is_small_and_resumes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRAINBOARD_DATA_DIR", str(tmp_path))
    base = built(tmp_path / "base")
    base.save_model(str(tmp_path / "models" / "base"))
    model = {"source": "folder", "name": "base", "lora": True, "lora_merged": False}
    whole, resumed = (built(tmp_path / name, model=model, args=ADAPTED["args"]) for name in "ab")
    whole.train()
    folder = tmp_path / "a" / "checkpoint-2"
    assert (folder / "adapter_model.safetensors").exists()
    assert not (folder / "model.safetensors").exists()
    resumed.train(resume_from_checkpoint=str(folder))
    assert losses(resumed) == losses(whole)


def test_saving_asks_no_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(*args: Any, **kwargs: Any) -> bool:
        raise AssertionError("asked the hub about a base model")

    monkeypatch.setattr(peft.utils.save_and_load, "check_file_exists_on_hf_hub", ask)
    trainer = built(tmp_path, **ADAPTED)
    trainer.model.peft_config["default"].base_model_name_or_path = "somebody/base"
    trainer.train()
    assert trainer.state.best_model_checkpoint


def test_layers_are_named_where_none_fits(tmp_path: Path) -> None:
    with pytest.raises(
        SpecProblem, match=r"^model\.lora_target_modules: .*Linear layers of bert: .*query.*value"
    ):
        built(tmp_path, model={"lora": True, "lora_target_modules": "q_proj"})


@pytest.mark.parametrize("modules", ["query, key", "all-linear"])
def test_layers_of_a_persons_choice(modules: str, tmp_path: Path) -> None:
    model = built(tmp_path, model={"lora": True, "lora_target_modules": modules}).model
    adapted = {
        name.split(".lora_A")[0].rpartition(".")[2]
        for name, _ in model.named_parameters()
        if "lora_A" in name
    }
    assert adapted == ({"query", "key"} if modules == "query, key" else {"query", "key", "value", "dense"})


@pytest.mark.parametrize("architecture", ["vit", "convnext", "wav2vec2", "llama", "t5"])
def test_every_kind_of_model_can_be_adapted(architecture: str) -> None:
    head = {
        "vit": "ImageClassification",
        "convnext": "ImageClassification",
        "wav2vec2": "AudioClassification",
        "llama": "CausalLM",
        "t5": "Seq2SeqLM",
    }[architecture]
    model = ModelChoice({"architecture": architecture, "lora": True}).build(f"AutoModelFor{head}")
    learning = [name for name, weight in model.named_parameters() if weight.requires_grad]
    assert any("lora_A" in name for name in learning)
    assert any("classifier" in name for name in learning) == head.endswith("Classification")


def test_what_does_not_go_together_is_told_at_its_field() -> None:
    def said(**model: Any) -> dict[str, str]:
        return problems(toy(), {"recipe": "toy", "model": {"lora": True, **model}})

    assert list(said(freeze="backbone")) == ["model.freeze"]
    assert "New weights are stored nowhere else" in said(lora_merged=False)["model.lora_merged"]
    assert said(lora_r=0) == {"model.lora_r": "Must be 1 or more."}
