"""The model of a checkpoint, whole: with an adapter's share in its weights where only the adapter was saved."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from trainer_bridge.exporting.adapters import is_adapter, label_count, peft_class


def load_whole(folder: Path) -> Any:
    """The model in ``folder``, of the class that it was trained as. Raises OSError where its base cannot be read."""
    import transformers

    if is_adapter(folder):
        return _merged(folder)
    config = transformers.AutoConfig.from_pretrained(folder)
    architecture = next(iter(config.architectures or []), "")
    kind = getattr(transformers, architecture, transformers.AutoModel)
    return kind.from_pretrained(folder)


def write_merged(source: Path, ready: Path, dtype: str, tell: Callable[[str], None]) -> None:
    """Write model.safetensors and config.json of the merged model into ``ready``."""
    import torch

    tell("merging the adapter into the model")
    model = load_whole(source)
    if dtype:
        model = model.to(getattr(torch, dtype))
    model.save_pretrained(ready)


def _merged(folder: Path) -> Any:
    import peft

    config = json.loads((folder / "adapter_config.json").read_bytes())
    labels = label_count(config, folder / "adapter_model.safetensors")
    given = {} if labels is None else {"num_labels": labels}
    try:
        return getattr(peft, peft_class(config)).from_pretrained(folder, **given).merge_and_unload()
    except OSError as error:
        base = config.get("base_model_name_or_path")
        raise OSError(
            f"The model {base} that the adapter was trained beside cannot be read: {str(error).splitlines()[0]} "
            "Put the model back where it was; the adapter alone can be exported without it."
        ) from error
