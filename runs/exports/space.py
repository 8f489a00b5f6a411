"""Does an export fit the disk it goes to? Asked before anything is written."""

import shutil
from pathlib import Path

from runs.exports.plan import Plan
from trainer_bridge import folders
from trainer_bridge.sizes import bytes_size

#: Bytes that stay free on every disk: trainings write there too.
RESERVE = 64 * 1024 * 1024


def space_problem(plan: Plan, exports: Path) -> str:
    """Why the export does not fit, with both sizes; "" where it does. ``exports``: where files are prepared."""
    here = sum(file.size for file in plan.worked)
    if plan.options.to == "folder":
        try:
            target = folders.find(plan.options.folder, "models")
        except PermissionError as refused:
            return str(refused)
        # Copied, not linked: a folder is somebody's own. What was prepared moves, or is there twice for a moment.
        return too_small(plan.size + here, target)
    return too_small(here, exports)


def too_small(needed: int, folder: Path) -> str:
    """Why ``needed`` bytes do not fit the disk of ``folder``, which need not exist; "" where they do."""
    place = next(place for place in [folder, *folder.parents] if place.exists())
    free = shutil.disk_usage(place).free
    if needed + RESERVE <= free or not needed:
        return ""
    return (
        f"This export needs {bytes_size(needed)}, and the disk of {folder} has {bytes_size(free)} free. "
        "Free some space, or choose another destination."
    )
