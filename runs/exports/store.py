"""Where an export's own files lie: made or linked there when it begins, removed when it is old."""

import os
import shutil
import time
from pathlib import Path

from django.conf import settings

from runs.exports.plan import Plan
from runs.models import Export

#: Seconds within which a folder may still get its row.
_NEW = 600.0


def ready_folder(export: Export) -> Path:
    """The files of the export that do not lie in the checkpoint's folder."""
    return Path(settings.EXPORTS_DIR) / export.pk / "files"


def lay_out(folder: Path, plan: Plan) -> list[list[object]]:
    """Write what was made into ``folder``, link what is taken as it is; ``Export.files`` of it. Raises OSError.

    A link keeps a file until the download, whatever happens to the checkpoint, and takes no space. On a disk without
    links the checkpoint's own file is read.
    """
    files: list[list[object]] = []
    for file in plan.files:
        place, source = folder / file.name, ""
        place.parent.mkdir(parents=True, exist_ok=True)
        if file.work == "made":
            place.write_bytes(file.data)
        elif file.work == "take" and not _link(plan.folder / file.source, place):
            source = file.source
        files.append([file.name, file.size, source])
    return files


def remove(export_id: str) -> None:
    shutil.rmtree(Path(settings.EXPORTS_DIR) / export_id, ignore_errors=True)


def remove_old(export_id: str) -> None:
    """Remove a folder that has no row, unless it was only just made."""
    folder = Path(settings.EXPORTS_DIR) / export_id
    if time.time() - folder.stat().st_mtime > _NEW:
        remove(export_id)


def left_over(known: set[str]) -> list[str]:
    """Folders of exports that nobody knows any more, such as those of deleted runs."""
    root = Path(settings.EXPORTS_DIR)
    return [path.name for path in root.iterdir() if path.name not in known] if root.is_dir() else []


def _link(source: Path, target: Path) -> bool:
    try:
        os.link(source, target)
    except OSError:
        return False
    return True
