from pathlib import Path

import pytest

from runs.checkpoints.register import register
from runs.models import Checkpoint
from tests.runs.checkpoints.folders import event, new_run, write_checkpoint


@pytest.fixture
def runs_dir(settings, tmp_path) -> Path:
    """An empty folder in which runs keep their files."""
    settings.RUNS_DIR = tmp_path / "runs"
    return settings.RUNS_DIR


@pytest.fixture
def checkpoint(runs_dir, db) -> Checkpoint:
    """A whole checkpoint of step 40 of a run, with its files."""
    run = new_run(name="vit lr/3e-4", environment={"packages": {"torch": "2.13.0"}})
    write_checkpoint(runs_dir / run.pk / "checkpoints" / "checkpoint-40", 40)
    return register(run.pk, 1, event(40, metrics={"eval/accuracy": 0.975, "eval/loss": float("nan")}))


@pytest.fixture
def folder(checkpoint, runs_dir) -> Path:
    """Where its files lie."""
    return runs_dir / checkpoint.run_id / checkpoint.path
