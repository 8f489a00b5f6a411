"""Local files of a source: what kind they are and which split each belongs to, told by names alone."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from glob import glob
from pathlib import Path

from trainer_bridge import folders
from trainer_bridge.data_problem import DataProblem

#: Format → the endings of its files.
ENDINGS = {
    "csv": (".csv",),
    "tsv": (".tsv", ".tab"),
    "json": (".json", ".jsonl", ".ndjson"),
    "parquet": (".parquet",),
    "arrow": (".arrow", ".feather"),
    "text": (".txt", ".text"),
    "imagefolder": (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".pgm", ".ppm"),
    "audiofolder": (".wav", ".flac", ".ogg", ".mp3", ".aiff", ".aif"),
}
MEDIA = ("imagefolder", "audiofolder")
#: A word of a file's or folder's name → the split it speaks of.
SPLIT_WORDS = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
    "eval": "validation",
    "test": "test",
    "testing": "test",
}
_WORD = re.compile(r"[a-z]+")


@dataclass(frozen=True)
class FileSet:
    """``splits``: split → its files, in order. ``root``: the folder that media files are labelled within."""

    format: str
    splits: dict[str, list[Path]]
    root: Path

    @property
    def all(self) -> list[Path]:
        return [path for files in self.splits.values() for path in files]


def find_files(paths: list[str], wanted: str) -> FileSet:
    """The files that ``paths`` (files, folders, patterns) name, read as format ``wanted`` ("auto": by their names).

    Raises DataProblem for a path that may not be read, is missing, or holds nothing of the format.
    """
    places = [place for path in paths for place in _places(path)]
    root = _innermost(places[0]) if places[0].is_dir() else places[0].parent
    if wanted == "saved" or (wanted == "auto" and len(places) == 1 and is_saved(root) and places[0].is_dir()):
        return FileSet("saved", {}, root)
    files = [file for place in places for file in files_in(place)]
    found = format_of(files) if wanted == "auto" else wanted
    if found is None:
        raise DataProblem("source", f"{_names(paths)} holds no file of a known kind: {_known()}.")
    named_apart = all(place.is_file() for place in places)
    own = files if wanted != "auto" and named_apart else [f for f in files if _ends(f, found)]
    if not own:
        raise DataProblem("format", f"{_names(paths)} holds no {found} file ({', '.join(ENDINGS[found])}).")
    return FileSet(found, _by_split(own, root, found), root)


def is_saved(folder: Path) -> bool:
    """Whether the folder was written by ``save_to_disk``."""
    there = {
        name for name in ("dataset_dict.json", "state.json", "dataset_info.json") if (folder / name).is_file()
    }
    return "dataset_dict.json" in there or len(there) == 2


def format_of(files: list[Path]) -> str | None:
    """The format of most of the files; None when none is known."""
    counts = {name: sum(_ends(file, name) for file in files) for name in ENDINGS}
    best = max(counts, key=lambda name: counts[name])
    return best if counts[best] else None


def split_of(file: Path, root: Path) -> str:
    """The split that a name speaks of: "dev.csv" and "validation/0.csv" are of "validation"; else "train"."""
    inside = _inside(file, root)
    for part in (*inside.parts[:-1], inside.stem):
        for word in _WORD.findall(part.lower()):
            if word in SPLIT_WORDS:
                return SPLIT_WORDS[word]
    return "train"


def _places(path: str) -> list[Path]:
    try:
        found = folders.find(path, "datasets")
    except PermissionError as refused:
        raise DataProblem("source", str(refused)) from None
    if found.exists():
        return [found]
    matches = [Path(match) for match in sorted(glob(str(found), recursive=True))]
    if not matches:
        raise DataProblem("source", f"There is no file or folder {found} on this machine.")
    # A link may lead out of the open folders.
    return [folders.find(str(match), "datasets") for match in matches]


def files_in(place: Path) -> list[Path]:
    if place.is_file():
        return [place]
    return sorted(
        file
        for file in place.rglob("*")
        if file.is_file() and not any(part.startswith(".") for part in file.relative_to(place).parts)
    )


def _by_split(files: list[Path], root: Path, form: str) -> dict[str, list[Path]]:
    """One file alone is to be learned from, whatever its name; an evaluation without training makes no sense."""
    find = _media_splits(files, root) if form in MEDIA else lambda file: split_of(file, root)
    splits: dict[str, list[Path]] = {}
    for file in files:
        splits.setdefault(find(file), []).append(file)
    return splits if "train" in splits else {"train": files}


def _media_splits(files: list[Path], root: Path) -> Callable[[Path], str]:
    """Of media only the outermost folders speak of splits, and only if all do: a label may be called "train"."""
    outermost = {_inside(file, root).parts[0].lower() for file in files}
    if outermost <= SPLIT_WORDS.keys():
        return lambda file: SPLIT_WORDS[_inside(file, root).parts[0].lower()]
    return lambda file: "train"


def _inside(file: Path, root: Path) -> Path:
    return file.relative_to(root) if file.is_relative_to(root) else Path(file.name)


def _innermost(folder: Path) -> Path:
    """A folder that holds nothing but one folder stands for it: archives are packed so."""
    while folder.is_dir():
        inside = [entry for entry in folder.iterdir() if not entry.name.startswith((".", "__MACOSX"))]
        if len(inside) != 1 or not inside[0].is_dir() or inside[0].name.lower() in SPLIT_WORDS:
            break
        folder = inside[0]
    return folder


def _ends(file: Path, kind: str) -> bool:
    return file.suffix.lower() in ENDINGS[kind]


def _names(paths: list[str]) -> str:
    return paths[0] if len(paths) == 1 else f"{paths[0]} and {len(paths) - 1} more"


def _known() -> str:
    return ", ".join(ending for endings in ENDINGS.values() for ending in endings)
