"""LoRA is a switch of every family of task recipes: few weights learn, and the checkpoint holds the whole model."""

from pathlib import Path

import pytest
import transformers

from tests.trainer_bridge.tasks.tiny import spec
from trainer_bridge.spec import build_trainer

pytestmark = [pytest.mark.training, pytest.mark.slow]

HEADS = {
    "text-classification": "SequenceClassification",
    "text-regression": "SequenceClassification",
    "token-classification": "TokenClassification",
    "question-answering": "QuestionAnswering",
    "multiple-choice": "MultipleChoice",
    "causal-lm": "CausalLM",
    "masked-lm": "MaskedLM",
    "seq2seq": "Seq2SeqLM",
    "image-classification": "ImageClassification",
}


@pytest.mark.parametrize("name", HEADS)
def test_a_recipe_trains_with_adapters(name: str, data_folder: Path) -> None:
    saving = {
        "eval_strategy": "no",
        "load_best_model_at_end": False,
        "save_strategy": "steps",
        "save_steps": 1,
    }
    made = spec(name, data_folder, max_steps=1, **saving)
    made["model"] = made["model"] | {"lora": True, "lora_r": 2}
    trainer = build_trainer(made, data_folder / "run").trainer
    trainer.train()
    model = trainer.model
    adapters = [key for key, weight in model.named_parameters() if weight.requires_grad and "lora_" in key]
    frozen = [key for key, weight in model.named_parameters() if not weight.requires_grad]
    assert adapters
    assert len(frozen) > len(adapters) / 2
    loaded = getattr(transformers, f"AutoModelFor{HEADS[name]}").from_pretrained(
        data_folder / "run" / "checkpoint-1"
    )
    assert not [key for key, _ in loaded.named_parameters() if "lora_" in key]
