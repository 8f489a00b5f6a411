"""Values of a dataset as a page shows them: text, image, sound, or what they look like in writing. JSON throughout."""

import base64
import io
import json
from collections.abc import Mapping
from typing import Any

from trainer_bridge.data_media import name_of, picture, waveform
from trainer_bridge.data_roles import Type

Cell = dict[str, Any]

#: Characters of a text, pixels of an image's longer side, seconds and samples per second of a sound that are shown.
TEXT, PIXELS, SECONDS, RATE = 400, 96, 2.0, 8000
#: Points of a sound's outline.
PEAKS = 80


def cell(value: Any, kind: Type, names: list[str] | None = None) -> Cell:
    """One value of a column of type ``kind``; ``names`` are those of a column of labels."""
    if value is None:
        return {"kind": "missing"}
    if kind in ("image", "audio"):
        return _media(value, kind)
    if kind == "class" and names and isinstance(value, int):
        return {"kind": "label", "text": label(value, names)}
    if kind == "classes" and names:
        value = [label(number, names) for number in value]
    if isinstance(value, str):
        return {"kind": "text", "text": value[:TEXT], "cut": len(value) > TEXT}
    written = json.dumps(value, ensure_ascii=False, default=str)
    return {"kind": "value", "text": written[:TEXT], "cut": len(written) > TEXT}


def label(number: int, names: list[str]) -> str:
    """A label's name; below 0 stand labels that were withheld."""
    return names[number] if 0 <= number < len(names) else "withheld"


def seen(row: Mapping[str, Any]) -> Cell:
    """The image or sound in a row of a batch, as the model gets it; brightness, loudness spread over the full range."""
    if (pixels := row.get("pixel_values")) is not None and pixels.ndim == 3:
        return {"image": _drawn(pixels.float())}
    if (samples := row.get("input_values")) is not None and samples.ndim == 1:
        return {"peaks": _outline(samples.float().abs() / max(float(samples.abs().max()), 1e-9))}
    return {}


def _drawn(pixels: Any) -> str:
    """A tensor (channels, height, width) as a PNG; of other than three channels the first, in grey."""
    from PIL import Image

    low, high = float(pixels.min()), float(pixels.max())
    scaled = ((pixels - low) / max(high - low, 1e-9) * 255).byte()
    image = Image.fromarray(scaled.permute(1, 2, 0).numpy() if len(scaled) == 3 else scaled[0].numpy())
    return _png(image)


def _png(image: Any) -> str:
    image.thumbnail((PIXELS, PIXELS))
    file = io.BytesIO()
    image.save(file, "PNG")
    return _data("image/png", file)


def _media(value: Any, kind: Type) -> Cell:
    try:
        return {"name": name_of(value)} | (_image(value) if kind == "image" else _sound(value))
    except (OSError, SyntaxError, ValueError) as error:
        return {"kind": "broken", "text": f"{name_of(value)} {error}".strip()[:TEXT]}


def _image(value: Mapping[str, Any]) -> Cell:
    image = picture(value)
    width, height = image.size
    small = image.convert("RGB")
    small.thumbnail((PIXELS, PIXELS))
    file = io.BytesIO()
    small.save(file, "PNG")
    return {
        "kind": "image",
        "src": _data("image/png", file),
        "width": width,
        "height": height,
        "mode": image.mode,
    }


def _sound(value: Mapping[str, Any]) -> Cell:
    import soundfile

    samples, own = waveform(value)
    seconds = len(samples) / own
    heard, _ = waveform(value, RATE)
    heard = heard[: int(SECONDS * RATE)]
    file = io.BytesIO()
    soundfile.write(file, heard, RATE, format="WAV", subtype="PCM_U8")
    peaks = _outline(abs(heard))
    return {
        "kind": "audio",
        "src": _data("audio/wav", file),
        "seconds": seconds,
        "rate": own,
        "peaks": peaks,
    }


def _outline(loudness: Any) -> list[float]:
    """The loudest sample of each of PEAKS pieces."""
    size = max(1, -(-len(loudness) // PEAKS))
    pieces = [loudness[start : start + size] for start in range(0, len(loudness), size)]
    return [round(float(piece.max()), 3) for piece in pieces]


def _data(kind: str, file: io.BytesIO) -> str:
    return f"data:{kind};base64,{base64.b64encode(file.getvalue()).decode()}"
