"""Whether a checkpoint folder is whole, without loading a tensor and without unpickling anything.

The Trainer writes in place and leaves no marker; a folder is complete only when ``trainer_state.json``,
written last, parses and agrees with the folder, and every other file is whole too.
"""

import json
import zipfile
from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from runs.checkpoints.files import PICKLED_WEIGHTS, RESUME_PATTERNS, links_in, missing_resume_files
from runs.checkpoints.safetensors import safetensors_problem

_INDEX_FILES = ("model.safetensors.index.json", "adapter_model.safetensors.index.json")
_WEIGHT_FILES = ("model.safetensors", "adapter_model.safetensors")

#: The problem of a checkpoint without a folder.
GONE = "its folder is not on this machine"


def problem_of(folder: Path, step: int) -> str:
    """Why the checkpoint of ``step`` in ``folder`` cannot be used, or "" when it is complete."""
    if not folder.is_dir():
        return GONE
    checks: list[Callable[[Path, int], str]] = [_links, _state, _pickled, _weights, _config, _resume_files]
    try:
        return next((problem for check in checks if (problem := check(folder, step))), "")
    except FileNotFoundError:
        # The Trainer's rotation deletes file by file, while we look.
        return "a file went away while it was read"


def _links(folder: Path, step: int) -> str:
    names = links_in(folder)
    return f"holds a link ({names[0]}), which Trainboard does not follow" if names else ""


def _state(folder: Path, step: int) -> str:
    problem = _json_problem(folder / "trainer_state.json")
    if problem:
        return problem
    found = _read_json(folder / "trainer_state.json").get("global_step")
    return "" if found == step else f"trainer_state.json is of step {found}, not {step}"


def _pickled(folder: Path, step: int) -> str:
    for pattern in PICKLED_WEIGHTS:
        if any(folder.glob(pattern)):
            return "holds pickled weights, which Trainboard does not load"
    return ""


def _weights(folder: Path, step: int) -> str:
    files = [folder / name for name in _WEIGHT_FILES if (folder / name).exists()]
    for index in (folder / name for name in _INDEX_FILES):
        if index.exists():
            if problem := _json_problem(index):
                return problem
            shards = _shards(index)
            if not shards:
                return f"{index.name} names no weight file"
            files += shards
    if not files:
        return "holds no weights (model.safetensors is missing)"
    return next((problem for file in files if (problem := safetensors_problem(file))), "")


def _shards(index: Path) -> list[Path]:
    """The weight files that an index names; names that are not plain files of the folder count as missing."""
    weight_map = _read_json(index).get("weight_map")
    names = {str(name) for name in weight_map.values()} if isinstance(weight_map, dict) else set()
    return [index.parent / Path(name).name for name in sorted(names)]


def _config(folder: Path, step: int) -> str:
    present = (folder / name for name in ("config.json", "adapter_config.json") if (folder / name).exists())
    return next((problem for path in present if (problem := _json_problem(path))), "")


def _resume_files(folder: Path, step: int) -> str:
    """All of them whole, or none at all (saved with ``save_only_model``): with one missing the Trainer would
    go on silently with other numbers."""
    names = [path.name for path in folder.iterdir()]
    missing = missing_resume_files(names)
    if missing and len(missing) < len(RESUME_PATTERNS):
        return f"{missing[0]} is missing"
    present = sorted(name for name in names if any(fnmatch(name, pattern) for pattern in RESUME_PATTERNS))
    return next((problem for name in present if (problem := _zip_problem(folder / name))), "")


def _zip_problem(path: Path) -> str:
    """PyTorch files are zips: with a directory at the end, the file was written to its end."""
    try:
        with zipfile.ZipFile(path) as archive:
            return "" if archive.infolist() else f"{path.name} is empty"
    except (zipfile.BadZipFile, OSError, ValueError):
        return f"{path.name} is empty" if not path.stat().st_size else f"{path.name} is cut short"


def _json_problem(path: Path) -> str:
    try:
        content = _read_json(path)
    except FileNotFoundError:
        return f"{path.name} is missing"
    except (OSError, ValueError, RecursionError):
        return f"{path.name} cannot be read as JSON"
    return "" if isinstance(content, dict) else f"{path.name} is not a JSON object"


def _read_json(path: Path) -> Any:
    # Python's reader takes the bare NaN that the Trainer writes after a diverged step.
    return json.loads(path.read_bytes())
