"""The lines of Python that load an exported checkpoint, read off its own configuration files."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trainer_bridge.exporting.adapters import label_count, peft_class

#: What the name of an architecture ends with → the Auto class that loads it. The first that fits counts.
_AUTO_CLASSES = (
    ("ForImageClassification", "AutoModelForImageClassification"),
    ("ForSequenceClassification", "AutoModelForSequenceClassification"),
    ("ForTokenClassification", "AutoModelForTokenClassification"),
    ("ForQuestionAnswering", "AutoModelForQuestionAnswering"),
    ("ForMultipleChoice", "AutoModelForMultipleChoice"),
    ("ForMaskedLM", "AutoModelForMaskedLM"),
    ("ForCausalLM", "AutoModelForCausalLM"),
    ("LMHeadModel", "AutoModelForCausalLM"),
    ("ForConditionalGeneration", "AutoModelForSeq2SeqLM"),
    ("ForObjectDetection", "AutoModelForObjectDetection"),
    ("ForSemanticSegmentation", "AutoModelForSemanticSegmentation"),
)
#: Speech models name their classifier like a text model's, but load with a class of their own.
_AUDIO_MODELS = ("wav2vec2", "hubert", "wavlm", "unispeech", "data2vec-audio", "sew")
_PROCESSORS = (
    ("processor_config.json", "AutoProcessor", "processor"),
    ("tokenizer_config.json", "AutoTokenizer", "tokenizer"),
)


def loading_code(files: Mapping[str, Path], form: str = "safetensors") -> str:
    """Python that loads the model (and its tokenizer or processor) from the exported folder.

    ``files``: names in it → where they lie now; read are only their JSON files.
    """
    if "adapter_config.json" in files and "config.json" not in files:
        return _adapter(files)
    if form == "onnx":
        return _onnx(files)
    if "config.json" not in files:
        return (
            "from safetensors.torch import load_file\n\n"
            'model.load_state_dict(load_file("this folder/model.safetensors"))  # model: your own nn.Module'
        )
    classes = [(auto_class(_read(files["config.json"])), "model"), *_processors(files)]
    return _from_transformers(classes)


def _adapter(files: Mapping[str, Path]) -> str:
    """It also needs the model that it was trained beside, which adapter_config.json names."""
    config = _read(files["adapter_config.json"])
    kind = peft_class(config)
    labels = label_count(config, files.get("adapter_model.safetensors", Path("none")))
    given = "" if labels is None else f", num_labels={labels}"
    base = config.get("base_model_name_or_path") or "which was made new for this run and is not here"
    note = f"# An adapter is loaded into the model that it was trained beside: {base}"
    return f'from peft import {kind}\n\n{note}\nmodel = {kind}.from_pretrained("this folder"{given})'


def _onnx(files: Mapping[str, Path]) -> str:
    session = 'import onnxruntime\n\nsession = onnxruntime.InferenceSession("this folder/model.onnx")'
    processors = _processors(files)
    return f"{session}\n{_from_transformers(processors)}" if processors else session


def _from_transformers(classes: list[tuple[str, str]]) -> str:
    imports = ", ".join(sorted(name for name, _ in classes))
    lines = [f'{variable} = {name}.from_pretrained("this folder")' for name, variable in classes]
    return "\n".join([f"from transformers import {imports}", "", *lines])


def auto_class(config: dict[str, Any]) -> str:
    """The Auto class for a model's config.json; "AutoModel" when the architecture is not a known kind."""
    architectures = config.get("architectures") or [""]
    kind = next((name for end, name in _AUTO_CLASSES if str(architectures[0]).endswith(end)), "AutoModel")
    if kind == "AutoModelForSequenceClassification" and str(config.get("model_type", "")).startswith(
        _AUDIO_MODELS
    ):
        return "AutoModelForAudioClassification"
    return kind


def _processors(files: Mapping[str, Path]) -> list[tuple[str, str]]:
    found = [(name, variable) for file, name, variable in _PROCESSORS if file in files]
    preprocessor = files.get("preprocessor_config.json")
    if preprocessor and not any(variable == "processor" for _, variable in found):
        is_image = "image_processor_type" in _read(preprocessor)
        found.append(("AutoImageProcessor" if is_image else "AutoFeatureExtractor", "processor"))
    return found


def _read(path: Path) -> dict[str, Any]:
    """A JSON object; an empty one where it is on the Hub and not here."""
    if not path.exists():
        return {}
    content = json.loads(path.read_bytes())
    return content if isinstance(content, dict) else {}
