"""ONNX: the file answers what the model answers, for each kind of input; else there is none."""

from pathlib import Path
from typing import Any

import pytest

from trainer_bridge.exporting import onnx_file
from trainer_bridge.exporting.onnx_file import OnnxFailed, write_onnx

pytestmark = [pytest.mark.training, pytest.mark.slow]
_BERT = {
    "vocab_size": 100,
    "hidden_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 16,
}
_SOUND = {
    "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16,
    "conv_dim": [16] * 3, "conv_kernel": [10, 3, 3], "conv_stride": [5, 4, 4], "num_feat_extract_layers": 3,
    "num_conv_pos_embeddings": 16, "num_conv_pos_embedding_groups": 2, "classifier_proj_size": 16,
}  # fmt: skip
_BART = {
    "vocab_size": 100, "d_model": 16, "encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 2,
    "decoder_attention_heads": 2, "encoder_ffn_dim": 16, "decoder_ffn_dim": 16, "max_position_embeddings": 64,
}  # fmt: skip
#: Class of the model → its configuration's class and values, and the dimensions that are free.
MODELS: dict[str, tuple[str, dict[str, Any], list[str]]] = {
    "ViTForImageClassification": (
        "ViTConfig",
        {**_BERT, "image_size": 8, "patch_size": 4},
        ["batch"],
    ),
    "BertForSequenceClassification": ("BertConfig", _BERT, ["batch", "length"]),
    "BertForTokenClassification": ("BertConfig", _BERT, ["batch", "length"]),
    "BertForQuestionAnswering": ("BertConfig", _BERT, ["batch", "length"]),
    "BertForMultipleChoice": ("BertConfig", _BERT, ["batch", "length"]),
    "BertForMaskedLM": ("BertConfig", _BERT, ["batch", "length"]),
    "GPT2LMHeadModel": (
        "GPT2Config",
        {"vocab_size": 100, "n_embd": 16, "n_layer": 1, "n_head": 2, "n_positions": 64},
        ["batch", "length"],
    ),
    "LlamaForCausalLM": ("LlamaConfig", _BERT, ["batch", "length"]),
    "BartForConditionalGeneration": ("BartConfig", _BART, ["answer", "batch", "length"]),
    "Wav2Vec2ForSequenceClassification": ("Wav2Vec2Config", _SOUND, ["batch", "samples"]),
}


def saved(kind: str, folder: Path) -> Path:
    """A new small model of this class in ``folder``."""
    import transformers

    config, values, _ = MODELS[kind]
    model = getattr(transformers, kind)(getattr(transformers, config)(**values))
    model.save_pretrained(folder)
    return folder


@pytest.mark.parametrize("kind", MODELS)
def test_the_file_answers_as_the_model_does(kind, tmp_path):
    told: list[str] = []
    result = write_onnx(saved(kind, tmp_path), tmp_path / "model.onnx", told.append)
    assert result["free"] == MODELS[kind][2]
    assert 0 <= result["largest_difference"] < 1e-5
    assert (tmp_path / "model.onnx").stat().st_size > 1000
    assert told == ["loading the model", "exporting to ONNX", "comparing the answers"]


def test_a_file_that_answers_otherwise_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(onnx_file, "TOLERANCE", 0.0)
    with pytest.raises(OnnxFailed, match="answers otherwise than the model"):
        write_onnx(saved("BertForMaskedLM", tmp_path), tmp_path / "model.onnx", lambda text: None)


def test_what_is_not_installed_is_named_with_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setattr(onnx_file, "missing_packages", lambda: ["onnxruntime"])
    with pytest.raises(OnnxFailed, match=r'ONNX needs onnxruntime.*pip install "trainboard\[onnx\]"'):
        write_onnx(tmp_path, tmp_path / "model.onnx", lambda text: None)
