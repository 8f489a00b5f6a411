"""A folder taken over into another place: its files are linked where the disk can, else copied."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path


def link_tree(
    source: Path, target: Path, leave_out: Callable[[str, list[str]], list[str]] | None = None
) -> None:
    """``source`` also as ``target``, which must not exist; symbolic links stay what they are. Raises OSError.

    ``leave_out`` gives of a folder and its names those that are not wanted.
    """
    shutil.copytree(source, target, ignore=leave_out, copy_function=_link_file, symlinks=True)


def _link_file(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another disk, or one without links
        shutil.copy2(source, target)
