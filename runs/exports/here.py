"""An export in this very process, for the command line: into a file, a folder of the person's choice, or to the Hub.

No errand and no row: who sits at the machine waits for it, and may write wherever the system lets them.
"""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings

from runs.checkpoints.files import CheckpointRefused
from runs.errors import ExportError
from runs.exports.archive import Archive
from runs.exports.begin import order_of
from runs.exports.options import Options
from runs.exports.parts import Part
from runs.exports.plan import Plan, layout_of, plan_export
from runs.exports.space import too_small
from runs.exports.store import lay_out
from runs.exports.taken import note_taken
from runs.models import Checkpoint
from trainer_bridge.exporting.deliver import into_folder
from trainer_bridge.exporting.order import Order, make
from trainer_bridge.exporting.progress import Progress

Tell = Callable[[str], None]


def export_here(
    checkpoint: Checkpoint, options: Options, target: Path, tell: Tell, token: str = ""
) -> dict[str, Any]:
    """Export to ``target``, a new folder or file, or to the Hub where ``options`` say so.

    Gives {"files", "onnx"?, "url"?}. Raises ExportError with a sentence.
    """
    try:
        plan = plan_export(checkpoint, options)
    except CheckpointRefused as refused:
        raise ExportError(f"This checkpoint cannot be exported: {refused}.") from refused
    _refuse(plan, target)
    Path(settings.EXPORTS_DIR).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=settings.EXPORTS_DIR) as name:
        try:
            return _export(plan, target, Path(name), tell, token)
        except (OSError, RuntimeError, OverflowError) as error:
            raise ExportError(str(error)) from error


def _refuse(plan: Plan, target: Path) -> None:
    worked = sum(file.size for file in plan.worked)
    problem = too_small(worked, Path(settings.EXPORTS_DIR))
    if plan.options.to != "hub":
        if target.exists() and not (plan.options.to == "folder" and target.is_dir()):
            raise ExportError(f"{target} is there already. Name another one.")
        problem = problem or too_small(plan.size + worked, target.absolute())
    if problem:
        raise ExportError(problem)


def _export(plan: Plan, target: Path, ready: Path, tell: Tell, token: str) -> dict[str, Any]:
    lay_out(ready, plan)
    order = Order(**order_of(plan, ready), token=token)
    result, places = make(order, tell)
    if plan.options.to == "folder":
        into_folder(str(target), places, tell, anywhere=True)
    elif plan.options.to == "hub":
        from trainer_bridge.exporting.hub_push import push

        result["url"] = push(order, places, tell)
    else:
        _into_file(plan, target, places, tell)
    note_taken(plan.checkpoint.pk)
    return result


def _into_file(plan: Plan, target: Path, places: dict[str, Path], tell: Tell) -> None:
    """Write the archive; the file has its name only once it is whole."""
    parts = [Part(name, place.stat().st_size, place) for name, place in sorted(places.items())]
    growing = target.with_name(f".{target.name}.growing")
    layout = layout_of(plan.options, target.stem)
    try:
        with Archive(parts, layout, plan.checkpoint.created_at) as archive, growing.open("wb") as file:
            progress = Progress(f"writing {target.name}", archive.length, tell)
            for block in archive.blocks():
                progress.add(file.write(block))
        os.replace(growing, target)
    finally:
        growing.unlink(missing_ok=True)
