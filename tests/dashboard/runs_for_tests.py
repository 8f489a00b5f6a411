"""Runs with a few measured points, made quickly."""

import math
from datetime import timedelta
from typing import Any

from django.utils import timezone

from runs.models import Attempt, Checkpoint, ConsoleBlock, Project, Run
from runs.series import append
from runs.states import ENDED, State
from trainer_bridge.protocol import Metrics


def make_run(
    project: Project, name: str, *, state: str = State.RUNNING, accuracy: float = 0.9, **fields: Any
) -> Run:
    """A run at step 40 of 100 whose accuracy rose to ``accuracy`` at step 20 and fell a little after it."""
    now = timezone.now()
    number = Run.objects.filter(project=project).count() + 1
    spec = {"recipe": "digits-vit", "params": {}, "args": fields.pop("args", {})}
    times = {"started_at": now - timedelta(minutes=2), "ended_at": now if state in ENDED else None}
    given = {
        "mark": number,
        "step": 40,
        "max_steps": 100,
        "epoch": 2.0,
        "objective": "eval/accuracy",
        **times,
    }
    run = Run.objects.create(project=project, name=name, state=state, spec=spec, **{**given, **fields})
    Attempt.objects.create(run=run, number=1, token_hash=run.pk)
    append(run.pk, 1, _points(accuracy))
    return run


def _points(accuracy: float) -> list[Metrics]:
    values = [
        (10, {"train/loss": 2.0, "train/learning_rate": 3e-4}),
        (20, {"eval/accuracy": accuracy, "eval/loss": 0.5, "eval/runtime": 1.0}),
        (30, {"train/loss": math.nan}),
        (40, {"eval/accuracy": accuracy - 0.01, "train/loss": 0.25, "system/cpu": 80.0}),
    ]
    return [Metrics(step=step, time=1_000.0 + step, epoch=step / 20, values=found) for step, found in values]


def add_checkpoint(run: Run, step: int, accuracy: float) -> Checkpoint:
    return Checkpoint.objects.create(
        id=f"{run.pk}{step}",
        run=run,
        attempt=1,
        step=step,
        path=f"checkpoints/checkpoint-{step}",
        files=[["model.safetensors", 100]],
        size=2048,
        metrics={"eval/accuracy": accuracy},
        created_at=timezone.now(),
    )


def add_console(run: Run, count: int, block: int = 100) -> None:
    """``count`` lines "line 0", "line 1", … in blocks, every tenth on stderr."""
    for first in range(0, count, block):
        numbers = range(first, min(first + block, count))
        lines = [[float(n), "stderr" if n % 10 == 0 else "stdout", f"line {n}"] for n in numbers]
        ConsoleBlock.objects.create(
            run=run, attempt=1, source="supervisor", first=first, count=len(lines), lines=lines
        )
    Run.objects.filter(pk=run.pk).update(console_lines=count)


def print_lines(run: Run, *texts: str, source: str = "supervisor") -> None:
    """These lines after those that the run has already, in a block of their own."""
    first = Run.objects.values_list("console_lines", flat=True).get(pk=run.pk)
    lines = [[float(first + n), "stdout", text] for n, text in enumerate(texts)]
    ConsoleBlock.objects.create(run=run, attempt=1, source=source, first=first, count=len(lines), lines=lines)
    Run.objects.filter(pk=run.pk).update(console_lines=first + len(lines))
