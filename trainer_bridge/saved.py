"""What the Trainer has saved: a checkpoint folder as the event that reports it."""

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainer_bridge.protocol import Checkpoint, CheckpointFile
from trainer_bridge.series_keys import measured_at

if TYPE_CHECKING:
    from transformers import TrainerState

_PREFIX = "checkpoint-"


def kept_steps(output_dir: Path) -> list[int]:
    """The steps of all checkpoint folders that are there now, lowest first."""
    numbers = (
        folder.name.removeprefix(_PREFIX) for folder in output_dir.glob(f"{_PREFIX}*") if folder.is_dir()
    )
    return sorted(int(number) for number in numbers if number.isdecimal())


def checkpoint_event(output_dir: Path, step: int, state: "TrainerState") -> Checkpoint:
    """The checkpoint of ``step`` in ``output_dir``, which lies in the run's folder."""
    folder = output_dir / f"{_PREFIX}{step}"
    logged: dict[str, Any] = next(
        (logs for logs in reversed(state.log_history) if logs.get("step") == step), {}
    )
    return Checkpoint(
        step=step,
        time=time.time(),
        path=f"{output_dir.name}/{folder.name}",
        files=_files(folder),
        metrics=measured_at(state.log_history, step),
        epoch=state.epoch if step == state.global_step else logged.get("epoch"),
        kept=kept_steps(output_dir),
        best=step == state.best_global_step,
    )


def _files(folder: Path) -> list[CheckpointFile]:
    """All plain files below ``folder`` with their sizes in bytes, by name; links are not followed."""
    found = []
    for parent, _, names in os.walk(folder):
        for name in names:
            path = Path(parent, name)
            found.append(CheckpointFile(path.relative_to(folder).as_posix(), path.lstat().st_size))
    return sorted(found, key=lambda file: file.name)
