"""How much of the disk checkpoints take, and what deleting some gives back."""

import shutil
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from runs.checkpoints.rank import is_away
from runs.models import Checkpoint, Run

#: What a block of st_blocks has, whatever the file system's own blocks are.
_BLOCK = 512


@dataclass(frozen=True)
class RunUsage:
    """The checkpoints of one run that are on this machine: how many, and their bytes."""

    run: Run
    count: int
    size: int


def freed_by(paths: Iterable[Path]) -> int:
    """Bytes that the disk has back once these files are gone: a file that a fork shares stays for the fork."""
    links: Counter[tuple[int, int]] = Counter()
    of_file: dict[tuple[int, int], tuple[int, int]] = {}
    for path in paths:
        try:
            found = path.lstat()
        except OSError:
            continue
        key = (found.st_dev, found.st_ino)
        links[key] += 1
        of_file[key] = (found.st_nlink, found.st_blocks * _BLOCK)
    return sum(size for key, (count, size) in of_file.items() if links[key] >= count)


def usage_by_run(checkpoints: Iterable[Checkpoint]) -> list[RunUsage]:
    """What each run's checkpoints take here, the greatest first."""
    found: dict[str, list[Checkpoint]] = {}
    for checkpoint in checkpoints:
        if not checkpoint.deleted_at and checkpoint.is_here and not is_away(checkpoint):
            found.setdefault(checkpoint.run_id, []).append(checkpoint)
    rows = [RunUsage(group[0].run, len(group), sum(row.size for row in group)) for group in found.values()]
    return sorted(rows, key=lambda row: (-row.size, row.run.name))


def room() -> tuple[int, int]:
    """(free, all) bytes of the disk that holds the runs."""
    folder = Path(settings.RUNS_DIR)
    usage = shutil.disk_usage(folder if folder.exists() else settings.DATA_DIR)
    return usage.free, usage.total
