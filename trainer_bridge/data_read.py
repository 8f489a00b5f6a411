"""Reads a source into datasets by split. Imports ``datasets`` inside its functions."""

from collections.abc import Mapping
from typing import Any

from trainer_bridge import data_source, example_data
from trainer_bridge.data_files import MEDIA, FileSet, find_files
from trainer_bridge.data_hub import read_hub
from trainer_bridge.data_media import read_media
from trainer_bridge.data_problem import DataProblem
from trainer_bridge.data_source import Source
from trainer_bridge.file_check import first_mistake, is_about_encoding, separator
from trainer_bridge.folders import uploaded, uploaded_problem

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
    return read_files(find_files(source.paths, values["format"]), values)


def _read_upload(source: Source, values: Mapping[str, Any]) -> dict[str, Any]:
    if said := uploaded_problem(source.place):
        raise DataProblem("source", said)
    return read_files(find_files([str(uploaded(source.place))], values["format"]), values)


def _read_hub(source: Source, values: Mapping[str, Any]) -> dict[str, Any]:
    found = read_hub(source.place, values)
    if values["streaming"]:
        found.update(typed(found))
    return found


def read_files(files: FileSet, values: Mapping[str, Any]) -> dict[str, Any]:
    """Split → dataset, of files that were found."""
    if files.format in MEDIA:
        return read_media(files)
    try:
        return _loaded(files, values)
    except Exception as error:
        raise _explained(files, values["encoding"], error) from error


def _loaded(files: FileSet, values: Mapping[str, Any]) -> dict[str, Any]:
    from datasets import load_dataset, load_from_disk

    if files.format == "saved":
        return _splits(load_from_disk(str(files.root)))
    named = {split: [str(path) for path in paths] for split, paths in files.splits.items()}
    options = _options(files, values["encoding"])
    streaming = values["streaming"]
    found = load_dataset(_BUILDERS[files.format], data_files=named, streaming=streaming, **options)
    return typed(found) if streaming else dict(found)


def typed(streams: Mapping[str, Any]) -> dict[str, Any]:
    """Streams that know their columns, which a look at their first rows tells."""
    return {split: stream._resolve_features() for split, stream in streams.items()}


def _explained(files: FileSet, encoding: str, error: Exception) -> DataProblem:
    """The line of the mistake, where the file's own text shows it; else what its reader said."""
    for path in files.all:
        if said := first_mistake(path, files.format, encoding):
            return DataProblem("encoding" if is_about_encoding(said) else "source", said)
    cause = error.__cause__ or error
    return DataProblem("source", f"Cannot be read as {files.format}: {' '.join(str(cause).split())[:300]}")


def _options(files: FileSet, encoding: str) -> dict[str, Any]:
    """What the builder of a format is told: of tables only an empty cell is missing, “NA” may be a word."""
    if files.format in ("csv", "tsv"):
        sign = "\t" if files.format == "tsv" else separator(files.all[0], encoding)
        return {"sep": sign, "encoding": encoding, "keep_default_na": False, "na_values": [""]}
    return {"encoding": encoding} if files.format in ("json", "text") else {}


def _splits(made: Any) -> dict[str, Any]:
    """One dataset is to be learned from."""
    return dict(made) if isinstance(made, dict) else {"train": made}


_READERS = {"example": _read_example, "files": _read_files, "upload": _read_upload, "hub": _read_hub}
