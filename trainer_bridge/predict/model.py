"""A model and its tokenizer or processor, loaded from a checkpoint's folder: safetensors only, no code of others."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trainer_bridge.exporting.adapters import is_adapter
from trainer_bridge.predict.kinds import Kind, kind_of

#: Which class reads what turns inputs into tensors, by input.
_PROCESSORS = {"text": "AutoTokenizer", "image": "AutoImageProcessor", "audio": "AutoFeatureExtractor"}


@dataclass(frozen=True)
class Loaded:
    """``processor`` is None where the training saved none."""

    model: Any
    processor: Any
    kind: Kind

    def label(self, number: int) -> str:
        """The name of a class."""
        names = self.model.config.id2label
        name = str(names.get(number, number))
        return str(number) if name == f"LABEL_{number}" else name


def load(folder: Path) -> Loaded:
    """The model in ``folder``, on the processor of this machine. Raises ValueError with a sentence."""
    kind = kind_of(folder)
    if isinstance(kind, str):
        raise ValueError(kind)
    if not list(folder.glob("*.safetensors")):
        raise ValueError("This checkpoint has no weights in safetensors, and nothing else is loaded.")
    options = {"local_files_only": True, "trust_remote_code": False}
    model = _adapted(folder) if is_adapter(folder) else _built(folder, options)
    return Loaded(model.eval(), _processor(folder, kind.takes[0], options), kind)


def _built(folder: Path, options: dict[str, Any]) -> Any:
    import json

    import transformers

    name = json.loads((folder / "config.json").read_text(encoding="utf-8"))["architectures"][0]
    built = getattr(transformers, name, None)
    if built is None:
        raise ValueError(f"The transformers installed here has no {name}.")
    return built.from_pretrained(str(folder), use_safetensors=True, **options)


def _adapted(folder: Path) -> Any:
    """The model that the adapter was trained beside, with the adapter's share in its weights."""
    from trainer_bridge.exporting.whole_model import load_whole

    try:
        return load_whole(folder)
    except OSError as error:
        raise ValueError(str(error)) from error


def _processor(folder: Path, takes: str, options: dict[str, Any]) -> Any:
    import transformers

    try:
        return getattr(transformers, _PROCESSORS[takes]).from_pretrained(str(folder), **options)
    except (OSError, ValueError) as error:
        if takes == "image":
            return None
        raise ValueError(
            f"This checkpoint has no tokenizer or processor that can be read: {error}"
        ) from error
