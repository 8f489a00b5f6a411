"""What a checkpoint takes and gives, by the class its config.json names. No torch."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trainer_bridge.exporting.adapters import is_adapter, peft_class


@dataclass(frozen=True)
class Kind:
    """``name`` picks the function that answers (answers.py); ``takes`` are the inputs, the first one required."""

    name: str
    takes: tuple[str, ...]
    first: str = "Text"
    second: str = ""


_SOUND = Kind("classes", ("audio",), "Sound")
#: The end of a model's class → its kind.
_KINDS = {
    "ForSequenceClassification": Kind("classes", ("text", "second"), "Text", "Second text, of a pair"),
    "ForImageClassification": Kind("classes", ("image",), "Picture"),
    "ForAudioClassification": _SOUND,
    "ForTokenClassification": Kind("tags", ("text",)),
    "ForQuestionAnswering": Kind("span", ("text", "second"), "Question", "Text that holds the answer"),
    "ForMaskedLM": Kind("masks", ("text",), "Text with the tokenizer's mask in it"),
    "ForCausalLM": Kind("writing", ("text",), "Beginning"),
    "LMHeadModel": Kind("writing", ("text",), "Beginning"),
    "ForConditionalGeneration": Kind("writing", ("text",)),
    "ForSeq2SeqLM": Kind("writing", ("text",)),  # as peft has it
}


def kind_of(folder: Path) -> Kind | str:
    """The kind of the model in a checkpoint's folder, or why nothing can be asked of it, as a sentence."""
    try:
        names = _class_names(folder)
        # Models of sound are called like those of texts; what prepares their inputs tells.
        hears = "sampling_rate" in _json(folder / "preprocessor_config.json", missing="{}")
    except FileNotFoundError:
        return (
            "This checkpoint has no config.json: a module of one's own cannot be built from its files alone."
        )
    except (OSError, ValueError, AttributeError):
        return "The configuration of this checkpoint cannot be read."
    name = str(names[0]) if isinstance(names, list) and names else ""
    if hears and name.endswith("ForSequenceClassification"):
        return _SOUND
    found = next((kind for end, kind in _KINDS.items() if name.endswith(end)), None)
    return found or f"A {name or 'model without a class'} cannot be tried here yet."


def _class_names(folder: Path) -> Any:
    if not is_adapter(folder):
        return _json(folder / "config.json").get("architectures") or []
    config = _json(folder / "adapter_config.json")
    kind = peft_class(config).removeprefix("AutoPeftModel")
    return [kind or f"model with an adapter for {config.get('task_type') or 'no named task'}"]


def _json(path: Path, missing: str = "") -> dict[str, Any]:
    """A file's object; ``missing`` stands for a file that may not be there."""
    if missing and not path.is_file():
        return dict(json.loads(missing))
    return dict(json.loads(path.read_text(encoding="utf-8")))
