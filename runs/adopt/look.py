"""What a Trainer's output folder holds, before anything is adopted; nothing is changed in it."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runs.adopt.settings import Settings, objective_of, read_settings, recipe_of
from runs.checkpoints.files import list_files
from runs.checkpoints.verify import problem_of
from runs.errors import RunError
from trainer_bridge.saved import kept_steps
from trainer_bridge.series_keys import measured_at

#: Bytes of a trainer_state.json that are read.
MAX_STATE = 256 * 1024 * 1024


class AdoptError(RunError):
    """A folder that cannot be adopted; the text says why."""


@dataclass(frozen=True)
class FoundCheckpoint:
    """``problem`` says what is wrong with it, "" when it is whole."""

    step: int
    path: Path
    size: int
    saved_at: float
    problem: str


@dataclass(frozen=True)
class Found:
    """``state`` is the newest whole trainer_state.json, ``config`` the model's config.json.

    ``recipe`` is the one with which the training can be gone on with, "" where none fits.
    """

    folder: Path
    checkpoints: list[FoundCheckpoint]
    state: dict[str, Any]
    settings: Settings
    config: dict[str, Any]
    recipe: str
    objective: str
    greater_is_better: bool
    notes: list[str] = field(default_factory=list)

    @property
    def history(self) -> list[dict[str, Any]]:
        logs = self.state.get("log_history")
        return [row for row in logs if isinstance(row, dict)] if isinstance(logs, list) else []

    @property
    def size(self) -> int:
        return sum(row.size for row in self.checkpoints)

    @property
    def whole(self) -> list[FoundCheckpoint]:
        return [row for row in self.checkpoints if not row.problem]


def look(folder: Path) -> Found:
    """Look through a folder with ``checkpoint-<step>`` folders, or at one of these. Raises AdoptError."""
    folder = folder.expanduser().resolve()
    if not folder.is_dir():
        raise AdoptError(f"There is no folder {folder} on this machine.")
    checkpoints = _checkpoints(folder)
    if not checkpoints:
        raise AdoptError(
            f"{folder} holds no checkpoint-<step> folders. Name the output_dir of a Trainer, or one checkpoint of it."
        )
    state, newest = _newest_state(folder, checkpoints)
    settings = read_settings(newest, state)
    config = _read(newest / "config.json") or {}
    objective, greater = objective_of(settings.args, set(_measured(state)))
    return Found(
        folder=folder,
        checkpoints=checkpoints,
        state=state,
        settings=settings,
        config=config,
        recipe="" if (newest / "adapter_config.json").exists() else recipe_of(config),
        objective=objective,
        greater_is_better=greater,
        notes=[*_told(checkpoints), *settings.notes],
    )


def _checkpoints(folder: Path) -> list[FoundCheckpoint]:
    number = folder.name.removeprefix("checkpoint-")
    if folder.name != number and number.isdecimal():
        return [_checkpoint(folder, int(number))]
    return [_checkpoint(folder / f"checkpoint-{step}", step) for step in kept_steps(folder)]


def _checkpoint(path: Path, step: int) -> FoundCheckpoint:
    try:
        size = sum(size for _, size in list_files(path))
        saved_at = max(
            (os.stat(path / name).st_mtime for name, _ in list_files(path)), default=path.stat().st_mtime
        )
        return FoundCheckpoint(step, path, size, saved_at, problem_of(path, step))
    except OSError as error:
        return FoundCheckpoint(step, path, 0, 0.0, f"cannot be read: {error.strerror}")


def _newest_state(folder: Path, checkpoints: list[FoundCheckpoint]) -> tuple[dict[str, Any], Path]:
    """The Trainer's record of the newest checkpoint that has a whole one, or the one at the end of the training."""
    for row in reversed(checkpoints):
        state = _read(row.path / "trainer_state.json")
        if state is not None and isinstance(state.get("global_step"), int):
            last = _read(folder / "trainer_state.json") or {}
            later = isinstance(last.get("global_step"), int) and last["global_step"] >= state["global_step"]
            return (last if later else state), row.path
    reasons = "; ".join(f"checkpoint-{row.step}: {row.problem}" for row in checkpoints[-3:])
    raise AdoptError(
        f"No checkpoint of {folder} has a whole trainer_state.json, so nothing is known of it. {reasons}."
    )


def _told(checkpoints: list[FoundCheckpoint]) -> list[str]:
    return [f"checkpoint-{row.step} is damaged: {row.problem}." for row in checkpoints if row.problem]


def _measured(state: dict[str, Any]) -> dict[str, float]:
    logs = [row for row in state.get("log_history") or [] if isinstance(row, dict)]
    found: dict[str, float] = {}
    for step in {row["step"] for row in logs if isinstance(row.get("step"), int)}:
        found |= measured_at(logs, step)
    return found


def _read(path: Path) -> dict[str, Any] | None:
    """A JSON object, None for anything else."""
    try:
        if path.stat().st_size > MAX_STATE:
            return None
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None
