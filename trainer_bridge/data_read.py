"""Reads a source into datasets by split. Imports ``datasets`` inside its functions."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trainer_bridge import data_source, example_data
from trainer_bridge.data_files import MEDIA, FileSet, find_files
from trainer_bridge.data_problem import DataProblem
from trainer_bridge.data_source import Source

#: Format → the builder of ``datasets`` that reads it.
_BUILDERS = {
    "csv": "csv",
    "tsv": "csv",
    "json": "json",
    "parquet": "parquet",
    "arrow": "arrow",
    "text": "text",
}


def read(text: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Split → dataset, of the source that ``text`` names. ``values``: the group "data" of a spec, defaults filled in.

    Raises DataProblem for everything a person can put right.
    """
    try:
        source = data_source.parse(text)
    except ValueError as error:
        raise DataProblem("source", str(error)) from None
    return _READERS[source.kind](source, values)


def _read_example(source: Source, values: Mapping[str, Any]) -> dict[str, Any]:
    if said := example_data.unknown(source.place):
        raise DataProblem("source", said)
    return _splits(example_data.catalog()[source.place].make())


def _read_files(source: Source, values: Mapping[str, Any]) -> dict[str, Any]:
    return read_files(find_files(source.paths, values.get("format", "auto")), values)


def read_files(files: FileSet, values: Mapping[str, Any]) -> dict[str, Any]:
    """Split → dataset, of files that were found."""
    from datasets import load_dataset, load_from_disk

    if files.format == "saved":
        return _splits(load_from_disk(str(files.root)))
    if files.format in MEDIA:
        raise DataProblem("format", "Folders of images and audio cannot be read yet.")
    named = {split: [str(path) for path in paths] for split, paths in files.splits.items()}
    options = _options(files.format, values)
    return dict(load_dataset(_BUILDERS[files.format], data_files=named, **options))


def _options(form: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """What the builder of a format is told: of tables only an empty cell is missing, “NA” may be a word."""
    encoding = values.get("encoding", "utf-8")
    if form in ("csv", "tsv"):
        separator = "\t" if form == "tsv" else ","
        return {"sep": separator, "encoding": encoding, "keep_default_na": False, "na_values": [""]}
    return {"encoding": encoding} if form in ("json", "text") else {}


def _splits(made: Any) -> dict[str, Any]:
    """One dataset is to be learned from."""
    return dict(made) if isinstance(made, dict) else {"train": made}


_READERS = {"example": _read_example, "files": _read_files}


def checksum(paths: list[Path]) -> str:
    """SHA-256 over the files in order, each with its name."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.name.encode() + b"\0")
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()
