"""Checkpoints that a training is just writing: their folders are there, the Trainer's record, written last, is not."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from runs.checkpoints.files import list_files
from runs.models import Checkpoint, Run
from runs.states import ACTIVE
from trainer_bridge.paths import RunPaths
from trainer_bridge.saved import kept_steps

#: Active runs whose folders are looked into.
MOST = 50


@dataclass(frozen=True)
class Writing:
    """``percent`` of the size of the run's last checkpoint; None without one."""

    run: Run
    step: int
    size: int
    percent: int | None


def being_written(runs: Iterable[Run], rows: Iterable[Checkpoint]) -> list[Writing]:
    """What the active runs among ``runs`` are writing now; ``rows`` are their checkpoints."""
    last: dict[str, int] = {}
    known: set[tuple[str, int]] = set()
    for row in sorted(rows, key=lambda row: row.step):
        last[row.run_id] = row.size
        if not row.deleted_at:
            known.add((row.run_id, row.step))
    active = [run for run in runs if run.state in ACTIVE][:MOST]
    return [found for run in active for found in _of_run(run, known, last.get(run.pk, 0))]


def _of_run(run: Run, known: set[tuple[str, int]], last: int) -> list[Writing]:
    folder = RunPaths(Path(settings.RUNS_DIR), run.pk).checkpoints
    found = []
    for step in kept_steps(folder):
        path = folder / f"checkpoint-{step}"
        if (run.pk, step) not in known and not (path / "trainer_state.json").exists():
            size = sum(size for _, size in list_files(path))
            found.append(Writing(run, step, size, min(99, size * 100 // last) if last else None))
    return found
