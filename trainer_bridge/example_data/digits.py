"""Scanned digits of 8 × 8 pixels, out of scikit-learn."""

from typing import Any

from trainer_bridge.example_data import example
from trainer_bridge.example_data._splits import datasets_of

#: Not the seed of the splits on which digits-vit was designed: its test digits are new to it.
SPLIT_SEED = 2026


@example(
    name="digits",
    title="1 797 scanned digits of 8 × 8 pixels (scikit-learn)",
    columns=("image", "label"),
)
def digits() -> dict[str, Any]:
    """The splits of ``digit_splits`` as grey pictures with the names of the digits."""
    from datasets import ClassLabel, Features, Image

    splits = {
        name: [{"image": _picture(scan), "label": digit} for scan, digit in items]
        for name, items in digit_splits().items()
    }
    return datasets_of(splits, Features({"image": Image(), "label": ClassLabel(names=list("0123456789"))}))


def digit_splits() -> dict[str, list[tuple[Any, int]]]:
    """Split → (64 values from 0 to 16, digit), 70 : 10 : 20, each digit in equal shares.

    The seed of the splits is fixed, so runs with different seeds are measured on the same digits.
    """
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    scans, numbers = load_digits(return_X_y=True)
    items = [(scan, int(number)) for scan, number in zip(scans, numbers, strict=True)]
    rest, test, rest_digits, _ = train_test_split(
        items, numbers, test_size=0.2, stratify=numbers, random_state=SPLIT_SEED
    )
    train, validation = train_test_split(rest, test_size=0.125, stratify=rest_digits, random_state=SPLIT_SEED)
    return {"train": train, "validation": validation, "test": test}


def _picture(scan: Any) -> Any:
    from PIL import Image

    return Image.fromarray((scan.reshape(8, 8) * 255 / 16).astype("uint8"))
