"""Events for tests of the store."""

from collections.abc import Iterable

from trainer_bridge.blocks import pack, parts
from trainer_bridge.protocol import Metrics

KEY = "train/loss"
SMALL_LIMITS = {
    "seal.FOLD_ROWS": 4,
    "seal.SEAL_POINTS": 48,
    "seal.MIN_CHUNK": 6,
    "seal.MIN_LAST_CHUNK": 3,
    "seal.MOST_PENDING": 64,
    "seal._LOOK_ROWS": 2,
    "seal._LOOK_POINTS": 20,
    "chunks.MAX_CHUNK": 16,
}


def events(
    steps: Iterable[int], values: Iterable[float], key: str = KEY, time: float = 1000.0, per_epoch: int = 10
) -> list[Metrics]:
    """One event a step, a second apart."""
    return [
        Metrics(step=step, time=time + i, values={key: value}, epoch=step / per_epoch)
        for i, (step, value) in enumerate(zip(steps, values, strict=True))
    ]


def in_blocks(metrics):
    """The same measurements as a bridge sends them that has many: those of the same keys as blocks."""
    found = []
    for part in parts(metrics):
        found += [pack(part)] if part[0].values else part
    return found
