"""What an export will hold, file by file with its exact size, before anything is done."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from runs.checkpoints.files import CheckpointRefused, folder_of, is_for_inference, list_files
from runs.checkpoints.register import verify
from runs.exports.archive import Archive, Layout
from runs.exports.card import Told, model_card, provenance, told_of
from runs.exports.options import Options
from runs.exports.parts import Part
from runs.exports.tar_layout import tar_layout
from runs.exports.zip_layout import zip_layout
from runs.models import Checkpoint
from trainer_bridge.exporting.recast import number_formats, recast_size

ADAPTER = "adapter/"
_ADAPTER_CONFIG = "adapter_config.json"
#: How much an ONNX file needs beside its weights, roughly: the graph.
_GRAPH = 200_000


@dataclass(frozen=True)
class PlannedFile:
    """One file: ``size`` in bytes, ``is_about`` where it is an estimate.

    ``source`` names the checkpoint's file that it comes from. ``work`` is "take" (as it is), "recast" (its weights in
    another format), "onnx", "merge", or "made", which means that ``data`` is all of it.
    """

    name: str
    size: int
    source: str = ""
    work: str = "take"
    data: bytes = b""
    is_about: bool = False


@dataclass(frozen=True)
class Plan:
    """What an export of ``checkpoint`` with ``options`` will hold; ``folder`` is the checkpoint's."""

    checkpoint: Checkpoint
    options: Options
    folder: Path
    files: list[PlannedFile]

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files)

    @property
    def is_about(self) -> bool:
        return any(file.is_about for file in self.files)

    @cached_property
    def worked(self) -> list[PlannedFile]:
        """The files that only a process with the training libraries can make."""
        return [file for file in self.files if file.work not in ("take", "made")]

    @property
    def stem(self) -> str:
        """``<run name>-step-<n>``, with what file systems and headers do not take replaced."""
        run = self.checkpoint.run
        name = re.sub(r"[^A-Za-z0-9._-]+", "-", run.name).strip("-.") or run.pk
        return f"{name}-step-{self.checkpoint.step}"

    @property
    def filename(self) -> str:
        return f"{self.stem}.{self.options.archive}"

    def archive(self) -> Archive:
        """The archive of an export that needs no work, open. Raises CheckpointRefused when a file went."""
        layout = zip_layout if self.options.archive == "zip" else tar_layout(self.stem)
        try:
            return Archive([self._part(file) for file in self.files], layout, self.checkpoint.created_at)
        except OSError as error:
            raise CheckpointRefused(
                f"a file went while the export began: {error.strerror or error}"
            ) from error

    def _part(self, file: PlannedFile) -> Part:
        if file.work == "made":
            return Part(file.name, file.size, data=file.data)
        return Part(file.name, file.size, self.folder / file.source)


def layout_of(options: Options, stem: str) -> Layout:
    """How the archive is laid out; a tar holds a folder named ``stem``."""
    return zip_layout if options.archive == "zip" else tar_layout(stem)


def plan_export(checkpoint: Checkpoint, options: Options | None = None, told: Told | None = None) -> Plan:
    """What an export will hold. The folder is looked at again first. ``told`` spares who asks for several plans the
    search for what all their cards say.

    Raises CheckpointRefused with the reason when the checkpoint is deleted or damaged, or cannot be had in this form.
    """
    options = options or Options()
    if checkpoint.deleted_at:
        raise CheckpointRefused("its files were deleted; only the metrics are left")
    if problem := verify(checkpoint):
        raise CheckpointRefused(problem)
    folder = folder_of(checkpoint)
    files = _chosen(folder, options)
    if options.form == "onnx":
        files = _as_onnx(files, folder)
    elif options.dtype:
        files = _recast(files, folder, options.dtype)
    files = [_renamed(file) for file in files]
    sources = {file.name: folder / file.source for file in files if file.source}
    made = {
        **model_card(checkpoint, sources, options, told or told_of(checkpoint)),
        "trainboard.json": provenance(checkpoint, options),
    }
    files += [PlannedFile(name, len(data), work="made", data=data) for name, data in made.items()]
    return Plan(checkpoint, options, folder, sorted(files, key=lambda file: file.name))


def has_adapter(folder: Path) -> bool:
    """Whether a LoRA adapter lies in a checkpoint's folder, alone or beside the merged model."""
    return any((folder / place / _ADAPTER_CONFIG).exists() for place in ("", ADAPTER))


def _chosen(folder: Path, options: Options) -> list[PlannedFile]:
    """The files that this choice of contents and adapter comes from."""
    files = [PlannedFile(name, size, name) for name, size in list_files(folder)]
    if options.contents == "full":
        return files
    files = [file for file in files if is_for_inference(file.name)]
    beside = (folder / ADAPTER / _ADAPTER_CONFIG).exists()
    alone = (folder / _ADAPTER_CONFIG).exists()
    if options.lora == "adapter" and beside:
        return _adapter_of(files)
    if options.lora == "merged" and alone:
        return _merged(files, folder)
    return [file for file in files if not (beside and file.name.startswith(ADAPTER))]


def _adapter_of(files: list[PlannedFile]) -> list[PlannedFile]:
    """The adapter at the top, with tokenizer or processor, without the model that it was merged into."""
    moved = [
        PlannedFile(file.name.removeprefix(ADAPTER), file.size, file.source)
        for file in files
        if file.name.startswith(ADAPTER)
    ]
    return moved + [file for file in files if "/" not in file.name and not _is_model(file.name)]


def _merged(files: list[PlannedFile], folder: Path) -> list[PlannedFile]:
    """The model with the adapter's share in its weights: made of the model that the adapter was trained beside."""
    base = _json(folder / _ADAPTER_CONFIG).get("base_model_name_or_path")
    if not base:
        raise CheckpointRefused(
            "its adapter does not say which model it belongs to, so they cannot be merged"
        )
    if Path(base).is_absolute() and not Path(base).exists():
        raise CheckpointRefused(
            f"the model that its adapter was trained beside is not at {base} any more. Export the adapter only"
        )
    weights = sorted(Path(base).glob("*.safetensors"))
    size = sum(path.stat().st_size for path in weights) + sum(_adapter_sizes(files))
    made = [
        PlannedFile("model.safetensors", size, work="merge", is_about=True),
        PlannedFile("config.json", 2000, str(Path(base) / "config.json"), "merge", is_about=True),
    ]
    return made + [file for file in files if not file.name.startswith("adapter_")]


def _adapter_sizes(files: list[PlannedFile]) -> list[int]:
    return [file.size for file in files if file.name.startswith("adapter_model")]


def _is_model(name: str) -> bool:
    return (
        name in ("config.json", "generation_config.json") or _is_weights(name) or name.endswith(".index.json")
    )


def _is_weights(name: str) -> bool:
    return PurePosixPath(name).suffix == ".safetensors"


def _as_onnx(files: list[PlannedFile], folder: Path) -> list[PlannedFile]:
    """model.onnx in place of the weights."""
    if not (folder / "config.json").exists():
        raise CheckpointRefused("it has no config.json: only models of transformers can be written as ONNX")
    size = _GRAPH + sum(file.size for file in files if _is_weights(file.name))
    kept = [file for file in files if not _is_weights(file.name) and not file.name.endswith(".index.json")]
    return [*kept, PlannedFile("model.onnx", size, work="onnx", is_about=True)]


def _recast(files: list[PlannedFile], folder: Path, dtype: str) -> list[PlannedFile]:
    """Weights that are in another format are written anew, and what is said of them in JSON with them."""
    sizes = {
        file.name: recast_size(folder / file.source, dtype)
        for file in files
        if file.source and _is_weights(file.name) and number_formats(folder / file.source) - {dtype}
    }
    changed = {**_said(files, folder, dtype), **_totals(files, folder, sizes)} if sizes else {}
    return [_changed(file, sizes, changed) for file in files]


def _changed(file: PlannedFile, sizes: Mapping[str, int], changed: Mapping[str, bytes]) -> PlannedFile:
    if file.name in sizes:
        return PlannedFile(file.name, sizes[file.name], file.source, "recast")
    if file.name in changed:
        data = changed[file.name]
        return PlannedFile(file.name, len(data), file.source, "made", data)
    return file


def _said(files: list[PlannedFile], folder: Path, dtype: str) -> dict[str, bytes]:
    """config.json with the new format wherever it names one."""

    def said(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        names = ("dtype", "torch_dtype")
        return {key: dtype if key in names and part else said(part) for key, part in value.items()}

    return _rewritten(files, folder, lambda name: name == "config.json", said)


def _totals(files: list[PlannedFile], folder: Path, sizes: Mapping[str, int]) -> dict[str, bytes]:
    """The index of sharded weights with their new total."""
    total = sum(sizes.get(file.name, file.size) for file in files if _is_weights(file.name))

    def told(index: Any) -> Any:
        return index | {"metadata": {**index.get("metadata", {}), "total_size": total}}

    return _rewritten(files, folder, lambda name: name.endswith(".safetensors.index.json"), told)


def _rewritten(
    files: list[PlannedFile], folder: Path, which: Callable[[str], bool], change: Callable[[Any], Any]
) -> dict[str, bytes]:
    found = {file.name: folder / file.source for file in files if file.source and which(file.name)}
    return {name: (json.dumps(change(_json(path)), indent=2) + "\n").encode() for name, path in found.items()}


def _renamed(file: PlannedFile) -> PlannedFile:
    """A library may have written files of the names that ours have; ours take their place at the top."""
    ours = {"README.md": "README.original.md", "trainboard.json": "trainboard.original.json"}
    if file.name not in ours:
        return file
    return PlannedFile(ours[file.name], file.size, file.source, file.work, file.data, file.is_about)


def _json(path: Path) -> dict[str, Any]:
    content = json.loads(path.read_bytes())
    return content if isinstance(content, dict) else {}
