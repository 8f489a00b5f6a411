"""Images and sounds: folders of them as datasets, and single ones decoded.

Read here and not by the builders of ``datasets``: for sounds those need torchcodec and FFmpeg, and neither says which
file is broken. A sound stands in its row undecoded, as {"bytes", "path"}.
"""

import csv
import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from trainer_bridge.data_files import FileSet
from trainer_bridge.data_problem import DataProblem

#: Files that say more about the media beside them than their folder's name does; "file_name" is their key.
METADATA = ("metadata.csv", "metadata.jsonl")


def read_media(files: FileSet) -> dict[str, Any]:
    """Split → dataset with the column "image" or "audio", and "label" (the folder's name) or what metadata says."""
    role = "image" if files.format == "imagefolder" else "audio"
    return {split: _dataset(paths, files.root, role) for split, paths in files.splits.items()}


def picture(value: Any) -> Any:
    """The PIL image, decoded whole, of a path or {"bytes", "path"}. Raises OSError where it is none."""
    from PIL import Image

    with Image.open(_opened(value)) as image:
        image.load()
        return image


def waveform(value: Any, rate: int | None = None) -> tuple[Any, int]:
    """Samples, float32 (n,), channels averaged, in −1…1, and their rate in Hz: ``rate``, or the file's own.

    Raises OSError where it is no sound that libsndfile knows (WAV, FLAC, OGG, MP3, AIFF).
    """
    import soundfile

    try:
        samples, own = soundfile.read(_opened(value), dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise OSError(str(error)) from None
    mono = samples.mean(axis=1)
    return (mono, own) if rate in (None, own) else (_resampled(mono, own, rate or own), rate or own)


def name_of(value: Any) -> str:
    """What to call it: its file's name, or ""."""
    path = value.get("path") if isinstance(value, dict) else value
    return Path(path).name if path else ""


def _opened(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return io.BytesIO(value["bytes"]) if value.get("bytes") is not None else value["path"]


def _resampled(samples: Any, own: int, rate: int) -> Any:
    from math import gcd

    from scipy.signal import resample_poly

    shared = gcd(own, rate)
    return resample_poly(samples, rate // shared, own // shared).astype("float32")


def _dataset(paths: list[Path], root: Path, role: str) -> Any:
    from datasets import Dataset, Image

    rows = list(_described(paths, role)) or list(_labelled(paths, root, role))
    made = Dataset.from_list(rows)
    return made.cast_column("image", Image()) if role == "image" else made


def _value(path: Path, role: str) -> Any:
    return str(path) if role == "image" else {"bytes": None, "path": str(path)}


def _labelled(paths: list[Path], root: Path, role: str) -> Iterable[dict[str, Any]]:
    """A folder's name is the label of what lies in it, where all lie in folders of their own."""
    folders = {path.parent for path in paths}
    if len(folders) < 2 or root in folders:
        return [{role: _value(path, role)} for path in paths]
    return [{role: _value(path, role), "label": path.parent.name} for path in paths]


def _described(paths: list[Path], role: str) -> Iterable[dict[str, Any]]:
    """The rows of the metadata files that lie beside the media or above them, in the same split."""
    listed = set(paths)
    for file in _metadata(paths):
        for number, row in enumerate(_rows(file), 1):
            if "file_name" not in row:
                raise DataProblem("source", f"{file.name} has no “file_name” in row {number}.")
            path = (file.parent / row.pop("file_name")).resolve()
            if path in listed:
                yield {role: _value(path, role), **row}
            elif not path.is_file():
                raise DataProblem("source", f"{file.name}, row {number}: there is no file {path}.")


def _metadata(paths: list[Path]) -> list[Path]:
    folders = {folder for path in paths for folder in (path.parent, path.parent.parent)}
    return sorted(folder / name for folder in folders for name in METADATA if (folder / name).is_file())


def _rows(file: Path) -> list[dict[str, Any]]:
    with file.open(encoding="utf-8", newline="") as lines:
        if file.suffix == ".csv":
            return [dict(row) for row in csv.DictReader(lines)]
        return [json.loads(line) for line in lines if line.strip()]
