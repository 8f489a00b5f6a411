"""Two neighbouring lines of Python: as they stand, or swapped."""

import zlib
from collections.abc import Iterator
from typing import Any

from trainer_bridge.example_data import example
from trainer_bridge.example_data._python import modules
from trainer_bridge.example_data._splits import datasets_of, grouped, thinned

_MOST = {"train": 12_000, "validation": 1000, "test": 1000}


@example(
    name="line-order",
    title="Two neighbouring lines of Python's standard library: in their order, or swapped?",
    columns=("text", "text_pair", "label"),
)
def line_order() -> dict[str, Any]:
    """Pairs of lines, half of them swapped, split by module."""
    from datasets import ClassLabel, Features, Value

    found = grouped((name, row) for name, source in modules() for row in pairs(source))
    text = Value("string")
    features = Features({"text": text, "text_pair": text, "label": ClassLabel(names=["in order", "swapped"])})
    return datasets_of({split: thinned(rows, _MOST[split]) for split, rows in found.items()}, features)


def pairs(source: str) -> Iterator[dict[str, str]]:
    """Lines that follow each other and differ, with their indentation; a checksum tosses the coin who is swapped."""
    lines = [line.rstrip() for line in source.splitlines() if line.strip()]
    for first, second in zip(lines[::2], lines[1::2], strict=False):
        if first != second and len(first) + len(second) < 160:
            swapped = bool(zlib.crc32(f"{first}\n{second}".encode()) % 2)
            text, pair = (second, first) if swapped else (first, second)
            yield {"text": text, "text_pair": pair, "label": "swapped" if swapped else "in order"}
