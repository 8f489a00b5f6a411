"""What an export's child process is asked to do, and in which order it does it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trainer_bridge.exporting.deliver import into_folder
from trainer_bridge.exporting.progress import Progress
from trainer_bridge.exporting.recast import recast, recast_size

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Order:
    """``source`` is the checkpoint's folder, ``ready`` that of the export, where what is made of it goes.

    ``files`` is [[name, source, work], …] (runs/exports/plan.py), source relative to the checkpoint. ``to`` is
    "download" (nothing more), "folder" (with ``folder``, as the person typed it) or "hub" (with ``repo``, ``private``
    and ``token``).
    """

    source: str
    ready: str
    files: list[list[str]]
    dtype: str = ""
    to: str = "download"
    folder: str = ""
    repo: str = ""
    private: bool = True
    message: str = ""
    token: str = field(default="", repr=False)


class ExportFailed(RuntimeError):
    """The text says to a person why, and what to do."""


def carry_out(order: Order, tell: Tell) -> dict[str, Any]:
    """Make what is to be made, then bring everything where it belongs. The result: {"files": [[name, bytes], …], …}."""
    result, places = make(order, tell)
    if order.to == "folder":
        result["folder"] = str(into_folder(order.folder, places, tell))
    elif order.to == "hub":
        from trainer_bridge.exporting.hub_push import push

        result["url"] = push(order, places, tell)
    return result


def make(order: Order, tell: Tell) -> tuple[dict[str, Any], dict[str, Path]]:
    """Make what is to be made: what is to be told of it, and where each file of the export lies now."""
    source, ready = Path(order.source), Path(order.ready)
    if not source.is_dir() or not ready.is_dir():
        raise ExportFailed(
            f"This worker does not see {source}: it keeps another data folder. Start a worker beside the server."
        )
    result = _made(order, source, ready, tell)
    places = _places(order, source, ready)
    result["files"] = [[name, place.stat().st_size] for name, place in sorted(places.items())]
    return result, places


def _made(order: Order, source: Path, ready: Path, tell: Tell) -> dict[str, Any]:
    """Write the files that are not taken as they are into ``ready``; what is to be told of them."""
    kinds = {work for _, _, work in order.files}
    result: dict[str, Any] = {}
    if "recast" in kinds:
        _recast(order, source, ready, tell)
    if "merge" in kinds:
        from trainer_bridge.exporting.whole_model import write_merged

        write_merged(source, ready, order.dtype, tell)
    if "onnx" in kinds:
        from trainer_bridge.exporting.onnx_file import write_onnx

        result["onnx"] = write_onnx(source, ready / "model.onnx", tell)
    return result


def _recast(order: Order, source: Path, ready: Path, tell: Tell) -> None:
    todo = [(name, source / place) for name, place, work in order.files if work == "recast"]
    total = sum(recast_size(path, order.dtype) for _, path in todo)
    progress = Progress(f"writing weights as {order.dtype}", total, tell)
    for name, path in todo:
        (ready / name).parent.mkdir(parents=True, exist_ok=True)
        recast(path, ready / name, order.dtype, progress.add)


def _places(order: Order, source: Path, ready: Path) -> dict[str, Path]:
    """Exported name → where it lies: in ``ready`` what was made or linked there, else in the checkpoint."""
    taken = {name: source / place for name, place, work in order.files if work == "take"}
    found = {path.relative_to(ready).as_posix(): path for path in ready.rglob("*") if path.is_file()}
    return taken | found
