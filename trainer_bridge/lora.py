"""LoRA through peft: few new weights are trained beside the frozen ones, and checkpoints stay loadable by anybody.

A checkpoint of an adapter alone needs the weights it was trained beside. So it is saved merged by default: the whole
model in the folder, as of any other training, and the adapter in ``adapter/``, from which the training goes on.
"""

import copy
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from trainer_bridge.problem import SpecProblem

ADAPTER = "adapter"
_WEIGHTS = "adapter_model.safetensors"
_TASKS = {
    "AutoModelForSequenceClassification": "SEQ_CLS",
    "AutoModelForTokenClassification": "TOKEN_CLS",
    "AutoModelForQuestionAnswering": "QUESTION_ANS",
    "AutoModelForCausalLM": "CAUSAL_LM",
    "AutoModelForSeq2SeqLM": "SEQ_2_SEQ_LM",
}
#: Their heads foresee tokens and are trained with the rest of the model; other heads are new to it.
_TRAINED_HEADS = frozenset({"AutoModelForCausalLM", "AutoModelForSeq2SeqLM", "AutoModelForMaskedLM"})


def with_lora(model: Any, auto_class: str, values: Mapping[str, Any]) -> Any:
    """``model`` with adapters beside its layers, everything else frozen but a head that is new. Raises SpecProblem."""
    from peft import LoraConfig, get_peft_model

    config = LoraConfig(
        task_type=_TASKS.get(auto_class),
        r=values["lora_r"],
        lora_alpha=values["lora_alpha"],
        lora_dropout=values["lora_dropout"],
        target_modules=_targets(model, values["lora_target_modules"]),
        modules_to_save=None if auto_class in _TRAINED_HEADS else _head(model),
    )
    try:
        adapted = get_peft_model(model, config)
    except ValueError as error:
        raise SpecProblem({"model.lora_target_modules": _reason(model, error)}) from error
    adapted.saves_merged = values["lora_merged"]
    # Otherwise peft asks the hub, at every checkpoint, whether the base's vocabulary was changed.
    adapted.save_pretrained = partial(adapted.save_pretrained, save_embedding_layers=False)
    return adapted


def is_adapted(model: Any) -> bool:
    """Whether adapters are trained beside the model."""
    return hasattr(model, "peft_config")


def save_merged(model: Any, folder: Path) -> None:
    """Put the whole model into ``folder``, where the adapter was saved, and the adapter into ``adapter/`` below it.

    For the moment of saving there is a second copy of the weights: taking the adapter's share out of the first one
    again would not give back the same numbers.
    """
    below = folder / ADAPTER
    below.mkdir(exist_ok=True)
    for name in ("adapter_config.json", _WEIGHTS):
        (folder / name).replace(below / name)
    (folder / "README.md").unlink(missing_ok=True)  # peft's own, about the adapter
    copy.deepcopy(model).merge_and_unload().save_pretrained(folder)


def load_adapter(model: Any, folder: Path) -> None:
    """Copy the adapter saved in ``folder`` into ``model``. Raises RuntimeError if its weights are not those of it."""
    from peft import get_peft_model_state_dict, set_peft_model_state_dict
    from safetensors.torch import load_file

    place = folder / ADAPTER if (folder / ADAPTER).is_dir() else folder
    saved = load_file(place / _WEIGHTS)
    if wrong := saved.keys() ^ get_peft_model_state_dict(model, save_embedding_layers=False).keys():
        raise RuntimeError(f"The adapter in {place} is not one of this model: {sorted(wrong)[:5]}")
    set_peft_model_state_dict(model, saved)


def _targets(model: Any, text: str | None) -> Any:
    """The layers that get an adapter: those a person names, or the ones peft knows for the architecture, else every
    linear layer of the backbone."""
    if text:
        names = [name.strip() for name in text.split(",") if name.strip()]
        return names[0] if names == ["all-linear"] else names
    from peft.utils.constants import TRANSFORMERS_MODELS_TO_LORA_TARGET_MODULES_MAPPING as KNOWN

    return None if model.config.model_type in KNOWN else _linear_layers(model)


def _linear_layers(model: Any) -> list[str]:
    import torch

    heads = tuple(f"{name}." for name in _head(model) or ())
    return [
        name
        for name, layer in model.named_modules()
        if isinstance(layer, torch.nn.Linear) and not f"{name}.".startswith(heads)
    ]


def _head(model: Any) -> list[str] | None:
    """The parts of the model beside its backbone."""
    names = [name for name, _ in model.named_children() if name != model.base_model_prefix]
    weighty = [name for name in names if any(True for _ in model.get_submodule(name).parameters())]
    return weighty or None


def _reason(model: Any, error: Exception) -> str:
    layers = sorted({name.rpartition(".")[2] for name in _linear_layers(model)})
    return f"{error} Linear layers of {model.config.model_type}: {', '.join(layers)}."
