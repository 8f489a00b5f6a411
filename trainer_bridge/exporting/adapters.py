"""Which class of peft loads an adapter, and how many labels the model beside it needs; read off files, without peft."""

import json
import struct
from pathlib import Path
from typing import Any

_CLASSES = {
    "SEQ_CLS": "AutoPeftModelForSequenceClassification",
    "TOKEN_CLS": "AutoPeftModelForTokenClassification",
    "QUESTION_ANS": "AutoPeftModelForQuestionAnswering",
    "CAUSAL_LM": "AutoPeftModelForCausalLM",
    "SEQ_2_SEQ_LM": "AutoPeftModelForSeq2SeqLM",
}
_LABELLED = frozenset({"SEQ_CLS", "TOKEN_CLS"})


def is_adapter(folder: Path) -> bool:
    """Whether only an adapter was saved, without the model it was trained beside."""
    return (folder / "adapter_config.json").is_file() and not (folder / "config.json").is_file()


def peft_class(config: dict[str, Any]) -> str:
    """The class for an adapter_config.json; the general one where the file says itself what it belongs to."""
    return _CLASSES.get(str(config.get("task_type")), "AutoPeftModel")


def label_count(config: dict[str, Any], weights: Path) -> int | None:
    """The rows of the head that was trained with the adapter; None where the model needs no number of labels."""
    if config.get("task_type") not in _LABELLED or not weights.exists():
        return None
    heads = [f".{name}." for name in config.get("modules_to_save") or ()]
    with weights.open("rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
    rows = [
        tensor["shape"][0]
        for name, tensor in header.items()
        if name.endswith("weight") and any(head in name for head in heads) and len(tensor["shape"]) == 2
    ]
    # A head of several layers ends in the smallest.
    return min(rows, default=None)
