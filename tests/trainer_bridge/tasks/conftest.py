from pathlib import Path

import pytest


@pytest.fixture
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data folder of a worker, which may read the files below it."""
    monkeypatch.setenv("TRAINBOARD_DATA_DIR", str(tmp_path))
    return tmp_path
