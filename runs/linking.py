"""A folder taken over into another place: its files are linked where the disk can, else copied."""

import os
import shutil
from pathlib import Path


def link_tree(source: Path, target: Path) -> None:
    """``source`` also as ``target``, which must not exist; symbolic links stay what they are. Raises OSError."""
    shutil.copytree(source, target, copy_function=_link_file, symlinks=True)


def _link_file(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another disk, or one without links
        shutil.copy2(source, target)
