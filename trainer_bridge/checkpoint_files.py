"""The files of a checkpoint folder: which only a training needs, what they hold as checksums, how they move."""

import hashlib
import os
import shutil
from collections.abc import Iterable
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

from trainer_bridge.paths import RunPaths

#: What only a training that goes on reads. The Trainer's record and arguments stay: they are small and say much.
ONLY_TO_RESUME = ("optimizer*", "scheduler.pt", "scaler.pt", "rng_state*.pth", "global_step*", "latest")
#: Bytes read at once.
BLOCK = 4 * 1024 * 1024


def to_strip(names: Iterable[str]) -> list[str]:
    """Of the files of a checkpoint those that only a training needs."""
    return [name for name in names if _is_only_to_resume(name)]


def inside_run(runs_dir: Path, run: str, path: str) -> Path:
    """``path`` within the folder of a run. Raises ValueError where it leads anywhere else, through a link too."""
    root = RunPaths(runs_dir, run).folder.resolve()
    folder = (root / path).resolve()
    if folder == root or not folder.is_relative_to(root):
        raise ValueError(f"the path {path!r} leads out of the run's folder")
    return folder


def plain_files(folder: Path) -> list[str]:
    """The names of all plain files below ``folder``, by name; links are left out."""
    found = []
    for parent, _, names in os.walk(folder):
        found += [Path(parent, name) for name in names if not Path(parent, name).is_symlink()]
    return sorted(path.relative_to(folder).as_posix() for path in found)


def manifest(folder: Path) -> list[tuple[str, int, str]]:
    """(name, bytes, SHA-256) of every plain file. Raises OSError."""
    return [(name, (folder / name).stat().st_size, sha256_of(folder / name)) for name in plain_files(folder)]


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hex. Raises OSError."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def remove(folder: Path, action: str) -> None:
    """Take a checkpoint away ("delete"), or what only a training needs of it ("strip"). Raises OSError."""
    if not folder.is_dir():
        return
    if action == "delete":
        shutil.rmtree(folder)
        return
    for name in to_strip(plain_files(folder)):
        (folder / name).unlink(missing_ok=True)


def _is_only_to_resume(name: str) -> bool:
    first = PurePosixPath(name).parts[0]
    return any(fnmatch(first, pattern) for pattern in ONLY_TO_RESUME)
