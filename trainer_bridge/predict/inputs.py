"""A text, picture or sound as a page sends it, made into what a model takes."""

import base64
import binascii
from typing import Any

from trainer_bridge.data_media import picture, waveform
from trainer_bridge.predict.model import Loaded

#: Seconds of a sound that are listened to.
SECONDS = 30.0


def tensors(loaded: Loaded, given: dict[str, str]) -> tuple[dict[str, Any], str]:
    """The model's inputs, and a remark on how they were made where a person should know. Raises ValueError."""
    takes = loaded.kind.takes[0]
    if not given.get(takes):
        raise ValueError(f"There is no {takes} to predict from.")
    if takes == "image":
        return _of_picture(loaded, picture({"bytes": _bytes(given["image"])}))
    if takes == "audio":
        rate = loaded.processor.sampling_rate
        samples, _ = waveform({"bytes": _bytes(given["audio"])}, rate)
        samples = samples[: int(SECONDS * rate)]
        return dict(loaded.processor(samples, sampling_rate=rate, return_tensors="pt")), ""
    return _of_text(loaded, given), ""


def _of_text(loaded: Loaded, given: dict[str, str]) -> dict[str, Any]:
    """Token ids, cut to what the model has places for."""
    pair = [given["second"]] if given.get("second") and "second" in loaded.kind.takes else []
    longest = min(loaded.processor.model_max_length, _places(loaded.model.config))
    encoded = loaded.processor(given["text"], *pair, truncation=True, max_length=longest, return_tensors="pt")
    return dict(encoded)


def _places(config: Any) -> int:
    places = getattr(config, "max_position_embeddings", None) or 4096
    # RoBERTa and its kin count positions from behind the padding token on.
    return places - 2 if config.model_type in ("roberta", "xlm-roberta", "camembert") else places


def _of_picture(loaded: Loaded, image: Any) -> tuple[dict[str, Any], str]:
    if loaded.processor is not None:
        return dict(loaded.processor(image.convert("RGB"), return_tensors="pt")), ""
    import numpy
    import torch

    config = loaded.model.config
    size = config.image_size if isinstance(config.image_size, int) else config.image_size[0]
    mode = "L" if config.num_channels == 1 else "RGB"
    small = numpy.asarray(image.convert(mode).resize((size, size)), dtype="float32")
    pixels = small[None] if mode == "L" else small.transpose(2, 0, 1)
    remark = (
        f"No processor was saved with this model: the picture is scaled to {size} × {size}, {mode}, −1 to 1."
    )
    return {"pixel_values": torch.from_numpy(pixels / 127.5 - 1)[None]}, remark


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("The file did not arrive whole.") from error
