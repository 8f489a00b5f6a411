"""What saved models make of one input."""

import base64
import io
import json
import shutil

import pytest
import torch
from peft import LoraConfig, get_peft_model
from PIL import Image
from transformers import (
    BertConfig,
    BertForMaskedLM,
    BertForSequenceClassification,
    ViTConfig,
    ViTForImageClassification,
)

from trainer_bridge.errands import try_it
from trainer_bridge.predict.answers import answer
from trainer_bridge.predict.kinds import kind_of
from trainer_bridge.predict.model import load
from trainer_bridge.processing import train_tokenizer

pytestmark = pytest.mark.training
SMALL = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8}


@pytest.fixture(autouse=True)
def same_weights():
    torch.manual_seed(0)


@pytest.fixture
def tokenizer():
    return train_tokenizer(["the cat sat", "the dog ran"], "bert", 300, {})


def picture(size=20) -> str:
    file = io.BytesIO()
    Image.new("RGB", (size, size), (200, 10, 10)).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def saved_text(folder, tokenizer, kind=BertForSequenceClassification, **config):
    kind(BertConfig(vocab_size=len(tokenizer), **SMALL, **config)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return load(folder)


def test_classes_have_names_and_scores(tmp_path, tokenizer):
    labels = {0: "calm", 1: "angry", 2: "glad"}
    loaded = saved_text(tmp_path, tokenizer, id2label=labels, label2id={v: k for k, v in labels.items()})
    told = answer(loaded, {"text": "the cat ran"})
    assert told["kind"] == "classes"
    assert {name for name, _ in told["scores"]} == set(labels.values())
    assert sum(score for _, score in told["scores"]) == pytest.approx(1)
    with torch.no_grad():
        logits = loaded.model(**tokenizer("the cat ran", return_tensors="pt")).logits
    assert told["scores"][0][0] == labels[int(logits.argmax())]


def saved_adapter(folder, base, tokenizer):
    """A checkpoint of an adapter alone, whose share of the model is not zero."""
    BertForSequenceClassification(
        BertConfig(vocab_size=len(tokenizer), num_labels=3, **SMALL)
    ).save_pretrained(base)
    model = BertForSequenceClassification.from_pretrained(base)
    adapted = get_peft_model(model, LoraConfig(task_type="SEQ_CLS", init_lora_weights=False))
    adapted.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return adapted.eval()


def test_an_adapter_answers_with_the_model_beside_it(tmp_path, tokenizer):
    adapted = saved_adapter(tmp_path / "adapter", tmp_path / "base", tokenizer)
    told = answer(load(tmp_path / "adapter"), {"text": "the cat ran"})
    with torch.no_grad():
        expected = (
            adapted(**tokenizer("the cat ran", return_tensors="pt"))
            .logits[0]
            .softmax(-1)
            .sort(descending=True)
        )
    assert [score for _, score in told["scores"]] == pytest.approx(expected.values.tolist(), abs=1e-5)


def test_an_adapter_whose_model_is_gone_says_which(tmp_path, tokenizer):
    saved_adapter(tmp_path / "adapter", tmp_path / "base", tokenizer)
    shutil.rmtree(tmp_path / "base")
    with pytest.raises(ValueError, match=r"base that the adapter was trained beside cannot be read"):
        load(tmp_path / "adapter")


def test_a_number_is_a_number(tmp_path, tokenizer):
    loaded = saved_text(tmp_path, tokenizer, num_labels=1)
    assert answer(loaded, {"text": "the dog"})["kind"] == "number"


def test_masks_are_filled_in_and_asked_for(tmp_path, tokenizer):
    loaded = saved_text(tmp_path, tokenizer, BertForMaskedLM)
    assert len(answer(loaded, {"text": "the [MASK] sat"})["masks"]) == 1
    with pytest.raises(ValueError, match=r"holds no \[MASK\]"):
        answer(loaded, {"text": "the cat sat"})


def test_a_picture_without_a_saved_processor_is_scaled_and_that_is_said(tmp_path):
    config = ViTConfig(image_size=8, patch_size=4, num_channels=1, num_labels=3, **SMALL)
    ViTForImageClassification(config).save_pretrained(tmp_path)
    told = answer(load(tmp_path), {"image": picture()})
    assert len(told["scores"]) == 3
    assert "8 × 8" in told["remark"]
    with pytest.raises(ValueError, match="no image"):
        answer(load(tmp_path), {"text": "words"})
    with pytest.raises(OSError, match="identify"):
        answer(load(tmp_path), {"image": base64.b64encode(b"no picture").decode()})


def test_weights_in_a_pickle_are_not_loaded(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"architectures": ["BertForSequenceClassification"]}))
    torch.save({}, tmp_path / "pytorch_model.bin")
    with pytest.raises(ValueError, match="safetensors"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("config", "says"),
    [
        (None, "no config.json"),
        ("[1", "cannot be read"),
        ("{}", "cannot be tried"),
        ('{"architectures": ["X"]}', "A X"),
    ],
)
def test_what_cannot_be_asked_says_why(tmp_path, config, says):
    if config is not None:
        (tmp_path / "config.json").write_text(config)
    assert says in kind_of(tmp_path)


def test_only_checkpoints_of_runs_are_loaded(tmp_path, monkeypatch):
    monkeypatch.setenv("TRAINBOARD_DATA_DIR", str(tmp_path))
    (tmp_path / "runs").mkdir()
    (tmp_path / "other").mkdir()
    for run, path in (("..", "other"), ("", ""), ("a", "../../other")):
        with pytest.raises(ValueError, match="no checkpoint"):
            try_it.load({"run": run, "path": path}, print)
    with pytest.raises(ValueError, match="not on the machine"):
        try_it.load({"run": "a", "path": "checkpoints/checkpoint-1"}, print)
