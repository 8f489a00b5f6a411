"""Fixtures of the data tests: an open folder to put files in, a cache of its own, and a quick way to load."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trainer_bridge.data_choice import Column, DataChoice, Splits
from trainer_bridge.data_fields import DATA_FIELDS

CLASSIFY = {"text": Column("text"), "text_pair": Column("text", optional=True), "label": Column("label")}

Load = Callable[..., Splits]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that the setting opens; what ``datasets`` caches goes beside it."""
    folder = tmp_path / "sets"
    folder.mkdir()
    monkeypatch.setenv("TRAINBOARD_DATA_FOLDERS", str(folder))
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    return folder


@pytest.fixture
def load(folder: Path) -> Load:
    """``load(source, needs, **values)``: a source, of which relative paths lie in ``folder``, as a recipe loads it."""

    def load(source: str, needs: dict[str, Column] = CLASSIFY, **values: Any) -> Splits:
        defaults = {field.name: field.default for field in DATA_FIELDS}
        return DataChoice(defaults | {"source": source} | values).load(needs)

    return load


def table(rows: int = 20, labels: tuple[str, ...] = ("bad", "good")) -> str:
    """A CSV of texts and labels, in turn."""
    lines = [f"text {number},{labels[number % len(labels)]}" for number in range(rows)]
    return "\n".join(["sentence,sentiment", *lines]) + "\n"
