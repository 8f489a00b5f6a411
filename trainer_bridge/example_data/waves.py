"""Synthetic sounds: seven ways a wave can run, at random pitch and loudness, with noise over them."""

from typing import Any

from trainer_bridge.example_data import example

RATE = 8000
#: Samples of one sound: a quarter of a second.
LENGTH = RATE // 4
SHAPES = ("sine", "square", "sawtooth", "rising", "falling", "pulsing", "noise")
_OF_EACH = {"train": 120, "validation": 30, "test": 30}


@example(
    name="waves",
    title="Synthetic sounds of a quarter of a second: seven shapes of a wave, with noise",
    columns=("audio", "label"),
)
def waves() -> dict[str, Any]:
    """120, 30 and 30 sounds of each shape, in WAV files held in memory; drawn anew with a fixed seed."""
    import numpy
    from datasets import ClassLabel, Dataset, Features, Value

    features = Features(
        {
            "audio": {"bytes": Value("binary"), "path": Value("string")},
            "label": ClassLabel(names=list(SHAPES)),
        }
    )
    random = numpy.random.default_rng(0)
    made = {}
    for split, count in _OF_EACH.items():
        rows = [
            {
                "audio": {"bytes": _wav(wave(shape, random)), "path": f"{shape}-{split}-{n}.wav"},
                "label": shape,
            }
            for n in range(count)
            for shape in SHAPES
        ]
        made[split] = Dataset.from_list(rows, features=features)
    return made


def wave(shape: str, random: Any) -> Any:
    """One sound as float32 in −1…1, (LENGTH,): pitch 200 to 800 Hz, a tenth to a third of it noise."""
    import numpy

    time = numpy.arange(LENGTH) / RATE
    pitch = random.uniform(200, 800)
    glide = {"rising": 1.5, "falling": -0.7}.get(shape, 0.0) * pitch * time * RATE / LENGTH / 2
    turns = (pitch + glide) * time + random.uniform()
    pure = {
        "square": lambda: numpy.sign(numpy.sin(2 * numpy.pi * turns)),
        "sawtooth": lambda: 2 * (turns % 1) - 1,
        "noise": lambda: random.uniform(-1, 1, LENGTH),
        "pulsing": lambda: numpy.sin(2 * numpy.pi * turns) * (numpy.sin(2 * numpy.pi * 20 * time) > 0),
    }.get(shape, lambda: numpy.sin(2 * numpy.pi * turns))()
    noise = random.uniform(0.1, 0.3)
    loudness = random.uniform(0.3, 1)
    return (loudness * ((1 - noise) * pure + noise * random.uniform(-1, 1, LENGTH))).astype("float32")


def _wav(samples: Any) -> bytes:
    """A WAV file of one channel of 16-bit samples."""
    import io
    import wave as wav_files

    file = io.BytesIO()
    with wav_files.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(RATE)
        writer.writeframes((samples * 32767).astype("<i2").tobytes())
    return file.getvalue()
