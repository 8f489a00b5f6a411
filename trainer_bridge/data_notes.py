"""What a run's record says of its data: enough to see whether two runs learned from the same."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trainer_bridge import data_source
from trainer_bridge.data_files import files_in, find_files
from trainer_bridge.data_rows import is_stream
from trainer_bridge.data_splits import spoken
from trainer_bridge.folders import uploaded

#: Bytes of files whose content is looked at; of more, names and sizes only.
MOST_BYTES = 2 << 30
#: Fields that decide which rows are learned from and evaluated on.
_DECIDE = (
    "config",
    "train_split",
    "eval_split",
    "eval_source",
    "eval_size",
    "eval_seed",
    "stratify",
    "test_split",
    "max_samples",
    "max_eval_samples",
    "streaming",
)


def fingerprint(values: Mapping[str, Any], splits: Mapping[str, Any]) -> dict[str, str]:
    """{"fingerprint": …} of a source, the same on every machine where the data is the same; of the hub, its commit.

    ``splits``: what was read of it.
    """
    source = data_source.parse(values["source"])
    if source.kind == "hub":
        commit = getattr(splits, "commit", "") or values["revision"] or "unknown"
        return {"fingerprint": f"hub:{source.place}@{commit}"}
    if source.kind == "example":
        return {"fingerprint": f"sha256:{_content(splits)}"}
    paths = [str(uploaded(source.place))] if source.kind == "upload" else source.paths
    found = find_files(paths, values["format"])
    return {"fingerprint": of_files(found.all or files_in(found.root), found.root)}


def of_files(files: list[Path], root: Path) -> str:
    """Of files in their order, with their names below ``root``: by content, or by sizes where that is too much."""
    whole = sum(file.stat().st_size for file in files) <= MOST_BYTES
    digest = hashlib.sha256()
    for file in files:
        name = file.relative_to(root) if file.is_relative_to(root) else Path(file.name)
        digest.update(f"{name.as_posix()}\0{file.stat().st_size}\0".encode())
        if whole:
            _add(digest, file)
    return f"{'sha256' if whole else 'sizes'}:{digest.hexdigest()}"


def describe(
    values: Mapping[str, Any],
    mapping: Mapping[str, str],
    parts: Mapping[str, Any],
    left_out: Mapping[str, int],
) -> dict[str, Any]:
    """Source, role → column, rows by part, rows left out, and the settings that decide who is where."""
    rows = {spoken(name): None if is_stream(part) else len(part) for name, part in parts.items()}
    said: dict[str, Any] = {"source": values["source"], "columns": dict(mapping), "rows": rows}
    if any(left_out.values()):
        said["left_out"] = {spoken(name): count for name, count in left_out.items() if count}
    return said | {"splits": {name: values[name] for name in _DECIDE if values[name]}}


def dropped(part: Any, mapping: Mapping[str, str]) -> dict[str, list[str]]:
    """{"dropped": the columns of a split that no role uses}, {} where all are used."""
    used = {column.partition(".")[0] for column in mapping.values()} | set(mapping.values())
    names = [name for name in part.features if name not in used]
    return {"dropped": names} if names else {}


def _content(splits: Mapping[str, Any]) -> str:
    """SHA-256 over the Arrow data of every split."""
    import pyarrow

    digest = hashlib.sha256()
    for name in sorted(splits):
        digest.update(name.encode())
        table = splits[name].with_format("arrow")[:].combine_chunks()
        sink = pyarrow.BufferOutputStream()
        with pyarrow.ipc.new_stream(sink, table.schema.remove_metadata()) as writer:
            writer.write_table(table.replace_schema_metadata())
        digest.update(sink.getvalue())
    return digest.hexdigest()


def _add(digest: Any, file: Path) -> None:
    with file.open("rb") as content:
        while block := content.read(1 << 20):
            digest.update(block)
