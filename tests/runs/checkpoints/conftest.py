from pathlib import Path

import pytest


@pytest.fixture
def runs_dir(settings, tmp_path) -> Path:
    """An empty folder in which runs keep their files."""
    settings.RUNS_DIR = tmp_path / "runs"
    return settings.RUNS_DIR
