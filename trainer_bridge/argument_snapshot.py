"""What the installed transformers' arguments are, without importing it: a snapshot, one for each version.

That of the pinned version is part of the package. For another one a process of its own looks once, and what it found
is kept in the data folder.
"""

import functools
import json
import logging
import os
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

log = logging.getLogger("trainer_bridge")

PACKAGED = Path(__file__).parent / "snapshots" / "training_arguments.json"
#: Names the data folder; snapshots of other versions are kept there.
FOLDER_VARIABLE = "TRAINBOARD_DATA_DIR"
#: Seconds that importing transformers may take on a cold disk.
PATIENCE = 180


@functools.cache
def snapshot() -> dict[str, Any]:
    """What `introspect.describe` says of the installed transformers; the packaged snapshot where none is installed."""
    packaged = json.loads(PACKAGED.read_text(encoding="utf-8"))
    installed = installed_version()
    if installed in (None, packaged["transformers"]):
        return packaged
    return _look(str(installed)) or packaged


def installed_version() -> str | None:
    """The version of the installed transformers, without importing it."""
    try:
        return version("transformers")
    except PackageNotFoundError:
        return None


def _look(installed: str) -> dict[str, Any] | None:
    """The snapshot of another version: from this process if it has transformers, from the folder, or made there."""
    if _is_imported():
        from trainer_bridge.introspect import describe

        return describe()
    folder = os.environ.get(FOLDER_VARIABLE)
    path = Path(folder, "snapshots", f"training_arguments-{installed}.json") if folder else None
    kept = _read(path) if path else None
    found = kept or _ask_a_process()
    if path and found and not kept:
        _keep(path, found)
    return found


def _is_imported() -> bool:
    return "transformers.training_args" in sys.modules


def _ask_a_process() -> dict[str, Any] | None:
    """What a process says that imports transformers; None, and a line in the log, when it cannot."""
    command = [sys.executable, "-m", "trainer_bridge", "introspect"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True)  # noqa: S603
        return json.loads(done.stdout)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        log.warning("The training arguments of the installed transformers cannot be listed: %s", error)
        return None


def _keep(path: Path, found: dict[str, Any]) -> None:
    """Write it for the next process; without it that one looks again."""
    temporary = path.with_suffix(f".{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps(found), encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        log.warning("%s cannot be written: %s", path, error)


def _read(path: Path) -> dict[str, Any] | None:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
