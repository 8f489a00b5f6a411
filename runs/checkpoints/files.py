"""Where a checkpoint lies on disk and what its files are for. Nothing here opens a file's contents."""

import os
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

from django.conf import settings

from runs.models import Checkpoint
from trainer_bridge.paths import RunPaths

#: What a training needs to go on exactly where it was; one pattern a kind of file.
RESUME_PATTERNS = ("optimizer.pt", "scheduler.pt", "rng_state*.pth")
#: Weights that only unpickling could read.
PICKLED_WEIGHTS = ("pytorch_model*.bin", "adapter_model.bin")
#: Files that only a training reads. Everything else (config, weights, tokenizer, processor) is for inference.
_TRAINING_PATTERNS = ("*.pt", "*.pth", "*.bin", "*.pkl", "trainer_state.json")


class CheckpointRefused(ValueError):
    """A checkpoint that cannot be taken or given out; the text is the reason, for people."""


def folder_of(checkpoint: Checkpoint) -> Path:
    """The checkpoint's folder here, which need not exist. Raises CheckpointRefused on an escape."""
    return inside_run_folder(checkpoint.run_id, checkpoint.path)


def inside_run_folder(run_id: str, path: str) -> Path:
    """``path`` below the folder of run ``run_id``. Raises CheckpointRefused where it leads anywhere else."""
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts or "\\" in path or "\0" in path:
        raise CheckpointRefused(f"the path {path!r} is not a plain path inside the run's folder")
    root = RunPaths(Path(settings.RUNS_DIR), run_id).folder.resolve()
    folder = root.joinpath(*parts)
    # resolve() follows links, so a link that leads out of the run's folder shows here.
    if folder.resolve() != folder:
        raise CheckpointRefused(f"the path {path!r} leads through a link")
    return folder


def list_files(folder: Path) -> list[tuple[str, int]]:
    """Every file below ``folder`` as (name relative to it, bytes), sorted; links are not followed."""
    found = []
    for parent, _, names in os.walk(folder, followlinks=False):
        for name in names:
            path = Path(parent, name)
            found.append((path.relative_to(folder).as_posix(), path.lstat().st_size))
    return sorted(found)


def links_in(folder: Path) -> list[str]:
    """The names of the symbolic links below ``folder``."""
    return sorted(
        Path(parent, name).relative_to(folder).as_posix()
        for parent, folders, names in os.walk(folder, followlinks=False)
        for name in folders + names
        if Path(parent, name).is_symlink()
    )


def is_for_inference(name: str) -> bool:
    """Whether a file is needed to use the model, as opposed to going on with its training."""
    return not any(fnmatch(PurePosixPath(name).name, pattern) for pattern in _TRAINING_PATTERNS)


def missing_resume_files(names: list[str]) -> list[str]:
    """The patterns in RESUME_PATTERNS that no name matches."""
    return [pattern for pattern in RESUME_PATTERNS if not any(fnmatch(name, pattern) for name in names)]
