"""A checkpoint asked for what it makes of one input; its process stays for the next one (docs/evaluation.md)."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trainer_bridge.predict.model import Loaded

#: Seconds for loading and answering.
TIME_LIMIT = 180.0
#: Seconds that the process stays without being asked; then the model leaves the memory.
STAYS = 300.0


def key(payload: dict[str, Any]) -> str:
    """What the process holds: the checkpoint."""
    return f"{payload['run']}/{payload['path']}"


def load(payload: dict[str, Any], tell: Callable[[str], None]) -> "Loaded":
    """The checkpoint's model. Raises ValueError for a folder outside the worker's runs, or none that can be loaded."""
    from trainer_bridge.predict.model import load as load_model

    runs = (Path(os.environ["TRAINBOARD_DATA_DIR"]) / "runs").resolve()
    folder = (runs / payload["run"] / payload["path"]).resolve()
    if not folder.is_relative_to(runs) or folder == runs:
        raise ValueError("This is no checkpoint of a run.")
    if not folder.is_dir():
        raise ValueError("The files of this checkpoint are not on the machine of this worker.")
    tell("loading the checkpoint")
    return load_model(folder)


def answer(loaded: "Loaded", payload: dict[str, Any], tell: Callable[[str], None]) -> dict[str, Any]:
    """``payload``: "run", "path", and "given" with the input (see trainer_bridge/predict/answers.py)."""
    from trainer_bridge.predict.answers import answer as answered

    tell("predicting")
    return answered(loaded, payload["given"])


def run(payload: dict[str, Any], tell: Callable[[str], None]) -> dict[str, Any]:
    """Both at once, where no process stays."""
    return answer(load(payload, tell), payload, tell)
