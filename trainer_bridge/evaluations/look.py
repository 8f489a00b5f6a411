"""What a row is, as the model was given it: a text, a picture, a sound, or numbers."""

import hashlib
import io
import math
from typing import Any

#: Characters of a text, pixels of a picture's longer side, seconds and samples per second of a sound that are kept.
TEXT, PIXELS, SECONDS, RATE = 600, 64, 2.0, 8000
#: Numbers of a row that has nothing else to show.
NUMBERS = 12
#: Bytes of pictures and sounds in one evaluation.
MOST_MEDIA = 1_500_000


class Look:
    """``keep`` holds little of a row, ``show`` makes of it what is sent. ``processor`` is the Trainer's, or None."""

    def __init__(self, processor: Any) -> None:
        self._processor = processor
        self._sent: set[str] = set()

    def keep(self, inputs: Any, i: int) -> dict[str, Any]:
        """Row ``i`` of a batch of inputs, small: {"kept": (kind, value)}."""
        if (pixels := inputs.get("pixel_values")) is not None and pixels.ndim == 4:
            return {"kept": ("image", self._thumbnail(pixels[i]))}
        if (samples := inputs.get("input_values")) is not None and samples.ndim == 2:
            return {"kept": ("audio", self._heard(samples[i]))}
        if (ids := inputs.get("input_ids")) is not None and self.writes:
            row = ids[i] if ids.ndim == 2 else ids[i].flatten()
            return {"kept": ("text", row[: 4 * TEXT].tolist())}
        return {"kept": ("numbers", _numbers(inputs, i))}

    def show(self, rows: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], dict[str, bytes]]:
        """The rows with "text" or "media" (a digest) in place of what was kept, and the media not sent before."""
        media: dict[str, bytes] = {}
        left = MOST_MEDIA
        for row in rows:
            kind, value = row.pop("kept")
            if kind == "text":
                row["text"] = self.text(value)
            elif kind == "numbers":
                row["text"] = value
            elif left > 0:
                data = _png(value) if kind == "image" else _wav(*value)
                row["media"], row["media_kind"] = digest_of(data), kind
                if row["media"] not in self._sent:
                    media[row["media"]] = data
                    self._sent.add(row["media"])
                    left -= len(data)
        return rows, media

    @property
    def writes(self) -> bool:
        """Whether token ids can be read as text."""
        return hasattr(self._processor, "decode") and hasattr(self._processor, "convert_ids_to_tokens")

    @property
    def marks(self) -> frozenset[int]:
        """Token ids of beginning, end, padding and the like."""
        return frozenset(getattr(self._processor, "all_special_ids", ()))

    def text(self, ids: Any) -> str:
        """Token ids as a text of bounded length, without marks of beginning, end and padding."""
        return self.written(ids).strip()

    def written(self, ids: Any) -> str:
        """The same with the spaces and line ends at its beginning and end, which a language model writes too."""
        real = [int(token) for token in ids if int(token) >= 0]
        if not self.writes:
            return " ".join(map(str, real[:TEXT]))[:TEXT]
        return str(self._processor.decode(real, skip_special_tokens=True))[:TEXT]

    def piece(self, token: Any) -> str:
        """One token as a person reads it."""
        number = int(token)
        return self.text([number]) or str(self._processor.convert_ids_to_tokens(number))[:40]

    def _thumbnail(self, pixels: Any) -> Any:
        """(channels, height, width) of any numbers as bytes (height, width[, 3]), scaled down to PIXELS."""
        import torch

        shown = self._brightness(pixels.detach().float())
        larger = max(shown.shape[-2:])
        if larger > PIXELS:
            size = [max(1, round(side * PIXELS / larger)) for side in shown.shape[-2:]]
            shown = torch.nn.functional.interpolate(shown[None], size=size, mode="area")[0]
        image = (shown.clamp(0, 1) * 255).byte().cpu()
        return image.permute(1, 2, 0).numpy() if len(image) == 3 else image[0].numpy()

    def _brightness(self, pixels: Any) -> Any:
        """From 0 to 1, as before the processor normalised it, else spread over the full range."""
        mean, std = (getattr(self._processor, name, None) for name in ("image_mean", "image_std"))
        if getattr(self._processor, "do_normalize", False) and mean and len(mean) == len(pixels):
            shape = (-1, 1, 1)
            return pixels * pixels.new_tensor(std).view(shape) + pixels.new_tensor(mean).view(shape)
        low, high = pixels.min(), pixels.max()
        return (pixels - low) / (high - low).clamp(min=1e-9)

    def _heard(self, samples: Any) -> Any:
        """The first seconds at about RATE, between −1 and 1, and the rate in Hz."""
        rate = int(getattr(self._processor, "sampling_rate", None) or RATE)
        step = max(1, rate // RATE)
        heard = samples.detach().float()[: int(SECONDS * rate)]
        if step > 1:  # the mean of each stretch: no sound above what the new rate can hold
            heard = heard[: len(heard) // step * step].reshape(-1, step).mean(-1)
        loudest = float(heard.abs().max()) if len(heard) else 0.0
        return (heard / max(loudest, 1e-9)).cpu().numpy(), rate // step


def digest_of(data: bytes) -> str:
    """By which a picture or sound is known: the same bytes are stored once."""
    return hashlib.sha256(data).hexdigest()[:32]


def _png(pixels: Any) -> bytes:
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def _wav(samples: Any, rate: int) -> bytes:
    import soundfile

    file = io.BytesIO()
    soundfile.write(file, samples, rate, format="WAV", subtype="PCM_U8")
    return file.getvalue()


def _numbers(inputs: Any, i: int) -> str:
    """The first numbers of a row that is neither text, picture nor sound: "x = 0.5, 1.2"."""
    parts = []
    for name, values in inputs.items():
        if name in ("labels", "attention_mask") or not getattr(values, "ndim", 0):
            continue
        flat = values[i].flatten()
        some = ", ".join(_short(number) for number in flat[:NUMBERS].tolist())
        parts.append(f"{name} = {some}{', …' if len(flat) > NUMBERS else ''}")
    return "; ".join(parts)[:TEXT]


def _short(number: float) -> str:
    return f"{number:.4g}" if isinstance(number, float) and math.isfinite(number) else str(number)
