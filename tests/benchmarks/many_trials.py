"""Fill a data folder with a sweep of many trials, to look at its page and to measure it.

Run: python -m tests.benchmarks.many_trials FOLDER [TRIALS] [HYPERPARAMETERS]; then `manage.py up --data-dir FOLDER`.
"""

import math
import random
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.benchmarks.live_server import set_up

KEY = "eval/f1"
#: Evaluations of a trial that is not pruned.
EVALUATIONS = 25
BLOCK = 250
SPACE: dict[str, Any] = {
    "args.learning_rate": {"low": 6e-5, "high": 1e-3, "scale": "log"},
    "args.weight_decay": {"low": 0.0, "high": 0.1},
    "args.warmup_steps": {"low": 0, "high": 500, "int": True},
    "args.per_device_train_batch_size": [16, 32, 64],
    "args.optim": ["adamw_torch", "sgd"],
    "args.adam_beta1": {"low": 0.8, "high": 0.99, "when": {"field": "args.optim", "in": ["adamw_torch"]}},
    "args.lr_scheduler_type": ["linear", "cosine", "constant"],
    "args.label_smoothing_factor": {"low": 0.0, "high": 0.2},
    "args.max_grad_norm": {"low": 0.1, "high": 10.0, "scale": "log"},
    "params.dropout": {"low": 0.0, "high": 0.5},
    "params.hidden_size": [48, 96, 192],
    "params.num_hidden_layers": {"low": 1, "high": 6, "int": True},
}


def fill(trials: int, dims: int = 12, seed: int = 0, **changes: Any) -> str:
    """A sweep over the first ``dims`` fields of SPACE with ``trials`` ended trials; its id."""
    from runs.models import Project, Run, Sweep
    from runs.series import append_many

    project, _ = Project.objects.get_or_create(slug="bench", defaults={"name": "bench"})
    space = dict(list(SPACE.items())[:dims])
    given = {"sampler": "tpe", "pruner": {"kind": "median"}, "state": "finished", "trials_wanted": trials}
    name = f"{trials} trials × {dims}"
    sweep = Sweep.objects.create(
        project=project,
        name=name,
        space=space,
        objective=KEY,
        spec={"recipe": "digits-vit"},
        **given | changes,
    )
    rng = random.Random(seed)
    for first in range(0, trials, BLOCK):
        runs = [_run(sweep, number, rng) for number in range(first, min(first + BLOCK, trials))]
        Run.objects.bulk_create(runs)
        append_many([(run.pk, 1, list(_points(run, rng))) for run in runs])
    return str(sweep.pk)


def _run(sweep: Any, number: int, rng: random.Random) -> Any:
    from django.utils import timezone

    from runs.models import Run

    params: dict[str, Any] = {}
    for field, found in sweep.space.items():
        when = found.get("when") if isinstance(found, dict) else None
        if when is None or params.get(when["field"]) in when["in"]:
            params[field] = _drawn(found, rng)
    is_pruned = _skill(params) < 0.955 and rng.random() < 0.6
    started = timezone.now() - timedelta(hours=3) + timedelta(seconds=8 * number)
    return Run(
        project=sweep.project,
        sweep=sweep,
        trial=number,
        trial_params=params,
        name=f"lr-wd-t{number:03}",
        spec={"recipe": "digits-vit", "args": {"learning_rate": params["args.learning_rate"]}},
        mark=number + 1,
        state="stopped" if is_pruned else "finished",
        is_pruned=is_pruned,
        objective=KEY,
        step=200 * (rng.randint(4, 12) if is_pruned else EVALUATIONS),
        max_steps=200 * EVALUATIONS,
        started_at=started,
        ended_at=started + timedelta(seconds=rng.randint(3, 9) if is_pruned else rng.randint(20, 30)),
    )


def _drawn(found: Any, rng: random.Random) -> Any:
    if isinstance(found, list):
        return rng.choice(found)
    if found.get("int"):
        return rng.randint(found["low"], found["high"])
    if found.get("scale") == "log":
        return float(f"{math.exp(rng.uniform(math.log(found['low']), math.log(found['high']))):.4g}")
    return round(rng.uniform(found["low"], found["high"]), 4)


def _skill(params: dict[str, Any]) -> float:
    """Best near a learning rate of 3e-4 and a weight decay of 0.045."""
    rate = math.log10(params["args.learning_rate"] / 3e-4)
    decay = params.get("args.weight_decay", 0.045) - 0.045
    return 0.978 - 0.045 * rate**2 - 6 * decay**2 - (0.006 if params.get("args.optim") == "sgd" else 0)


def _points(run: Any, rng: random.Random) -> Iterator[Any]:
    from trainer_bridge.protocol import Metrics

    skill = _skill(run.trial_params) + rng.gauss(0, 0.001)
    for number in range(1, run.step // 200 + 1):
        value = skill - 0.2 * math.exp(-number / 3) + rng.gauss(0, 0.0008)
        yield Metrics(step=200 * number, time=1_760_000_000.0 + number, epoch=number / 5, values={KEY: value})


if __name__ == "__main__":
    folder = Path(sys.argv[1]).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    set_up(folder)
    numbers = [int(text) for text in sys.argv[2:4]]
    print(fill(*(numbers or [1000])))
