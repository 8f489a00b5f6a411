"""Which local folders a spec may name: a form that reads any path would hand out the whole machine.

Of the data folder what was uploaded is open, and the folder meant for what is asked ("datasets", "models", "runs"):
the rest holds the secret key, the database and the tokens of runs. Beside it, what ``TRAINBOARD_DATA_FOLDERS`` names.
No training library is imported here.
"""

import os
import re
from pathlib import Path

_UPLOAD = re.compile(r"[a-z0-9]{6,32}")


def data_folder() -> Path:
    """The data folder of this process."""
    return Path(os.environ.get("TRAINBOARD_DATA_DIR") or "data").resolve()


def open_folders(within: str) -> list[Path]:
    """Every folder that a path of this kind may lead into, links resolved; those of the data folder come first."""
    return [*_own(within), *_named()]


def find(path: str, within: str) -> Path:
    """Where ``path`` leads; a relative one is looked for in the folder ``within`` ("datasets") of the data folder, then
    in those that the setting names. Raises PermissionError, with a sentence, for what is not open.

    It may not exist; a pattern ("sets/*.csv") is judged by the folders before its first wildcard.
    """
    given = Path(path).expanduser()
    bases = [data_folder() / within, *_named()]
    places = [given] if given.is_absolute() else [folder / given for folder in bases]
    found = next((place for place in places if _fixed(place).exists()), places[0])
    resolved = found.resolve()
    if not is_open(_fixed(resolved), within):
        raise PermissionError(_refusal(path, within))
    return resolved


def is_open(path: Path, within: str) -> bool:
    """Whether a path, links resolved, lies where a path of this kind may lead. Of the data folder never more than its
    own folders, even where the setting names a folder around it.
    """
    roots = _own(within) if path.is_relative_to(data_folder()) else _named()
    return any(path.is_relative_to(folder) for folder in roots)


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


def _own(within: str) -> list[Path]:
    return [(data_folder() / name).resolve() for name in (within, "uploads")]


def _named() -> list[Path]:
    named = os.environ.get("TRAINBOARD_DATA_FOLDERS", "").split(os.pathsep)
    return [Path(name).expanduser().resolve() for name in named if name.strip()]


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
