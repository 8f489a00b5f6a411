"""Fill a data folder with runs of many settings and metrics, to look at big tables and to measure them.

Run: python -m tests.benchmarks.many_runs FOLDER [RUNS]; then `manage.py up --data-dir FOLDER`.
"""

import math
import random
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.benchmarks.live_server import set_up

#: Metrics of every run: 8 evaluations of objectives and slices, and what the Trainer and the machine tell.
METRICS = [
    f"eval/{name}" for name in ("accuracy", "loss", "f1", "precision", "recall", "auc", "f1_a", "f1_b")
]
METRICS += [
    "test/accuracy",
    "test/loss",
    "train/loss",
    "train/grad_norm",
    "train/learning_rate",
    "train/epoch",
]
METRICS += ["speed/eval_runtime", "speed/eval_samples_per_second", "final/train_loss", "final/train_runtime"]
METRICS += ["system/cpu", "system/memory"]
BASES = ("vit", "convnext", "swin", "resnet18", "deit")
TAGS = ("base", "aug", "reg", "probe", "night", "two words")
# None is queued: a worker would train it.
STATES = ("finished",) * 14 + ("failed", "crashed", "stopped", "stopped", "running", "paused")
STEPS = (200, 400, 600, 800, 1000)
BLOCK = 500


def fill(count: int, slug: str = "bench", seed: int = 0) -> None:
    """Make ``count`` runs with 20 settings and 20 metrics each in the project ``slug``."""
    from runs.models import Project, Run
    from runs.series import append_many

    project, _ = Project.objects.get_or_create(slug=slug, defaults={"name": slug})
    rng, done = random.Random(seed), project.last_mark
    sweeps = list(_sweeps(project, count))
    for first in range(0, count, BLOCK):
        numbers = range(done + first + 1, done + min(first + BLOCK, count) + 1)
        runs = [_run(project, number, sweeps, rng) for number in numbers]
        Run.objects.bulk_create(runs)
        append_many([(run.pk, 1, list(_points(run, rng))) for run in runs])
    project.last_mark = done + count
    project.save()


def _sweeps(project: Any, count: int) -> Iterator[Any]:
    from runs.models import Sweep

    for number in range(max(1, count // 500)):
        yield Sweep.objects.create(
            project=project,
            name=f"lr-wd-{number}",
            objective="eval/accuracy",
            spec={"recipe": "digits-vit"},
            space={"args.learning_rate": [1e-4, 3e-4, 1e-3]},
        )


def _run(project: Any, number: int, sweeps: list[Any], rng: random.Random) -> Any:
    from django.utils import timezone

    from runs.models import Run

    state, rate = rng.choice(STATES), rng.choice((1e-4, 3e-4, 1e-3, 3e-3, 1e-2))
    sweep = rng.choice(sweeps) if rng.random() < 0.2 else None
    now = timezone.now()
    return Run(
        project=project,
        name=f"{rng.choice(BASES)}-digits-lr{rate:g}-{number}",
        tags=rng.sample(TAGS, rng.choice((0, 0, 1, 1, 2))),
        spec={"recipe": "digits-vit", "params": _params(rng), "args": {"learning_rate": rate, **_args(rng)}},
        sweep=sweep,
        trial=number if sweep else None,
        mark=number,
        state=state,
        reason="ValueError: a made-up error" if state == "failed" else "",
        objective="eval/accuracy",
        step=STEPS[-1] if state == "finished" else rng.choice(STEPS),
        max_steps=STEPS[-1],
        epoch=4.0,
        environment=_environment(),
        worker=rng.choice(("box", "gpu-1")),
        created_by="ada",
        started_at=now,
        ended_at=None if state in ("paused", "running") else now + timedelta(seconds=rng.randint(60, 9000)),
    )


def _params(rng: random.Random) -> dict[str, Any]:
    return {"hidden_size": rng.choice((48, 96, 192)), "num_hidden_layers": rng.choice((2, 4, 6))}


def _args(rng: random.Random) -> dict[str, Any]:
    """Seventeen settings, as somebody would change them."""
    chosen = {
        "seed": tuple(range(10)),
        "weight_decay": (0.0, 0.01, 0.1),
        "warmup_steps": (0, 0.1, 100),
        "lr_scheduler_type": ("linear", "cosine"),
        "optim": ("adamw_torch", "adafactor", "sgd"),
        "adam_beta1": (0.9, 0.95),
        "adam_beta2": (0.99, 0.999),
        "max_grad_norm": (0.5, 1.0),
        "label_smoothing_factor": (0.0, 0.1),
        "num_train_epochs": (3, 5, 10),
        "per_device_train_batch_size": (16, 32, 64, 128),
        "gradient_accumulation_steps": (1, 2, 4),
        "eval_steps": (50, 100),
        "logging_steps": (5, 10),
        "save_total_limit": (1, 2),
        "dataloader_num_workers": (0, 2),
        "bf16": (True, False),
    }
    return {name: rng.choice(values) for name, values in chosen.items()}


def _environment() -> dict[str, Any]:
    """About as much as a real run tells: packages, arguments, the machine."""
    packages = {f"package-{number}": f"{number}.{number}.1" for number in range(120)}
    return {"packages": packages, "args": {f"argument_{number}": number for number in range(110)}}


def _points(run: Any, rng: random.Random) -> Iterator[Any]:
    from trainer_bridge.protocol import Metrics

    skill = rng.uniform(0.5, 0.99)
    for step in STEPS:
        if step > run.step:
            return
        learned = skill * (1 - math.exp(-step / 300)) + rng.gauss(0, 0.005)
        values = {key: learned + rng.gauss(0, 0.01) for key in METRICS}
        values |= {key: 2.3 - 2 * learned for key in METRICS if key.endswith("loss")}
        if run.state == "failed" and step >= 400:
            values["train/loss"] = math.nan
        yield Metrics(step=step, time=1_760_000_000.0 + step, epoch=step / 250, values=values)


if __name__ == "__main__":
    folder = Path(sys.argv[1]).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    set_up(folder)
    fill(int(sys.argv[2]) if len(sys.argv) > 2 else 1000)
