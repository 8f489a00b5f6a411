"""Bringing the files of an export into a folder of this machine."""

import contextlib
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from trainer_bridge import folders
from trainer_bridge.exporting.progress import Progress

_BLOCK = 4 * 1024 * 1024


def into_folder(
    path: str, places: Mapping[str, Path], tell: Callable[[str], None], *, anywhere: bool = False
) -> Path:
    """Copy ``places`` (name → file) into the new folder ``path``, which is there only once it is whole.

    A relative path is one in models/ of the data folder. ``anywhere``: a person of this machine asks, not a browser.
    Raises FileExistsError where something is there, PermissionError where nothing may be put.
    """
    target = Path(path).absolute() if anywhere else folders.find(path, "models")
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise FileExistsError(f"{target} is not empty. Name a new folder.")
    growing = target.with_name(f".{target.name}.growing")
    shutil.rmtree(growing, ignore_errors=True)
    try:
        _copy_all(places, growing, tell)
        with contextlib.suppress(FileNotFoundError):
            target.rmdir()
        growing.rename(target)
    except BaseException:
        shutil.rmtree(growing, ignore_errors=True)
        raise
    return target


def _copy_all(places: Mapping[str, Path], folder: Path, tell: Callable[[str], None]) -> None:
    progress = Progress("copying", sum(place.stat().st_size for place in places.values()), tell)
    folder.mkdir(parents=True)
    for name, place in places.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        with place.open("rb") as source, (folder / name).open("xb") as file:
            while block := source.read(_BLOCK):
                file.write(block)
                progress.add(len(block))
