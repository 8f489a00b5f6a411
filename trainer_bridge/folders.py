"""Which local folders a spec may name: a form that reads any path would hand out the whole machine.

Open are four folders within the data folder, and what ``TRAINBOARD_DATA_FOLDERS`` names. The data folder itself is
not: it holds the secret key and the database. No training library is imported here.
"""

import os
import re
from pathlib import Path

#: Within the data folder: what was uploaded, runs with their checkpoints, and what a person puts there.
OWN = ("uploads", "runs", "datasets", "models")
_UPLOAD = re.compile(r"[a-z0-9]{6,32}")


def data_folder() -> Path:
    """The data folder of this process."""
    return Path(os.environ.get("TRAINBOARD_DATA_DIR") or "data").resolve()


def open_folders() -> list[Path]:
    """Every folder that a spec's paths may lead into, links resolved."""
    named = os.environ.get("TRAINBOARD_DATA_FOLDERS", "").split(os.pathsep)
    own = [data_folder() / name for name in OWN]
    return [
        folder.resolve() for folder in (*own, *(Path(name).expanduser() for name in named if name.strip()))
    ]


def find(path: str, within: str) -> Path:
    """Where ``path`` leads; a relative one is looked for in the folder ``within`` ("datasets") of the data folder, then
    in those that the setting names. Raises PermissionError, with a sentence, for what is not open.

    It may not exist; a pattern ("sets/*.csv") is judged by the folders before its first wildcard.
    """
    given = Path(path).expanduser()
    places = [given] if given.is_absolute() else [folder / given for folder in _bases(within)]
    found = next((place for place in places if _fixed(place).exists()), places[0])
    resolved = found.resolve()
    if not is_open(_fixed(resolved)):
        raise PermissionError(_refusal(path, within))
    return resolved


def is_open(path: Path) -> bool:
    """Whether a path, links resolved, lies where a spec may lead. Of the data folder never more than OWN, even where
    the setting names a folder around it."""
    own = data_folder()
    roots = [own / name for name in OWN] if path.is_relative_to(own) else open_folders()
    return any(path.is_relative_to(folder.resolve()) for folder in roots)


def problem(path: str, within: str) -> str | None:
    """Why ``path`` cannot be used, as a sentence for the field where it was typed; None if it can."""
    try:
        found = find(path, within)
    except PermissionError as refused:
        return str(refused)
    if not _fixed(found).exists():
        return f"There is no file or folder {found} on this machine."
    return None


def uploaded(upload: str) -> Path:
    """The folder of an upload. Raises PermissionError for an id that would lead elsewhere."""
    if not _UPLOAD.fullmatch(upload):
        raise PermissionError(f"“{upload}” is no upload.")
    return data_folder() / "uploads" / upload


def uploaded_problem(upload: str) -> str | None:
    """Why there is no such upload here, as a sentence; None if there is."""
    if _UPLOAD.fullmatch(upload) and uploaded(upload).is_dir():
        return None
    return f"There is no upload “{upload}” on this machine: it was deleted, or the worker keeps another data folder."


def _bases(within: str) -> list[Path]:
    own = data_folder() / within
    return [own, *(folder for folder in open_folders() if folder.parent != data_folder())]


def _fixed(path: Path) -> Path:
    """The part of a path before its first wildcard."""
    for number, part in enumerate(path.parts):
        if any(mark in part for mark in "*?["):
            return Path(*path.parts[:number])
    return path


def _refusal(path: str, within: str) -> str:
    return (
        f"{path} is outside the folders that may be read here. Move it into {data_folder() / within}, "
        "or name its folder in the setting TRAINBOARD_DATA_FOLDERS and start Trainboard again."
    )
