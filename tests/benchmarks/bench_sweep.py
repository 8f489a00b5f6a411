"""What the next trial of a sweep costs, and whether TPE is worth it.

    python -m tests.benchmarks.bench_sweep ask [TRIALS]     suggestions and pruning with 1,000 finished trials
    python -m tests.benchmarks.bench_sweep branin           TPE and random on Branin, 20 seeds of 40 trials
    python -m tests.benchmarks.bench_sweep digits           the same on digits trained by the Trainer

The last trains every point of a grid once (minutes) and looks the trials of the sweeps up in it: so 20 seeds are
compared on trainings that really happened, and equal points have equal results.
"""

import math
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from tests.benchmarks.live_server import set_up

REPEATS = 7
SEEDS = 20
TRIALS = 40
KEY = "eval/accuracy"
SPEC = {"recipe": "digits-vit"}
RANGES = {
    "args.learning_rate": {"low": 1e-5, "high": 1e-1, "scale": "log"},
    "args.weight_decay": {"low": 0, "high": 0.3},
    "args.warmup_steps": {"low": 0, "high": 200, "int": True},
    "params.dropout": {"low": 0, "high": 0.5},
    "args.adam_beta2": {"low": 0.9, "high": 0.999},
}
Function = Callable[[dict[str, Any]], float]


def main() -> None:
    verb, *rest = sys.argv[1:] or ["ask"]
    print(f"load average {psutil.getloadavg()[0]:.1f}")
    {"ask": ask, "branin": branin, "digits": digits}[verb](*map(int, rest))


# --- what a suggestion costs ---


def ask(trials: int = 1_000) -> None:
    """Medians in milliseconds of wall time, and of CPU: reading the study from the tables, and the answer of the
    suggesting process.
    """
    with tempfile.TemporaryDirectory(prefix="trainboard-bench-") as folder:
        set_up(Path(folder))
        from runs.sweeps.process import StudyProcess

        study = StudyProcess()
        try:
            for sampler in ("random", "qmc", "tpe", "nsga2", "cmaes"):
                print(f"{sampler:8} {trials} finished: {_asked(study, _sweep(sampler, trials), 'suggest')}")
            print(f"ASHA     {trials} finished: {_asked(study, _sweep('random', trials), 'judge')}")
        finally:
            study.close()


def _sweep(sampler: str, trials: int) -> Any:
    """A sweep with ``trials`` trials, three in four finished and one pruned after two of five evaluations."""
    from runs.models import Project, Run, Sweep
    from runs.series import append_many
    from runs.sweeps.launch import launch_sweep
    from runs.sweeps.plan import SweepPlan
    from runs.sweeps.trials import Suggestion, make_trials
    from trainer_bridge import protocol

    project, _ = Project.objects.get_or_create(slug="bench", defaults={"name": "Bench"})
    plan = SweepPlan(sampler=sampler, trials=trials + 1, pruner={"kind": "asha"})
    sweep = launch_sweep(project, SPEC, RANGES, plan=plan)
    rng = random.Random(1)
    points = [_point(rng) for _ in range(trials)]
    runs = make_trials(sweep, [Suggestion(point) for point in points])
    batches = []
    for run in runs:
        count = 2 if run.trial % 4 == 3 else 5
        values = [rng.random() for _ in range(count)]
        metrics = [
            protocol.Metrics(step=10 * at, time=at, values={KEY: value}) for at, value in enumerate(values, 1)
        ]
        batches.append((run.pk, 1, metrics))
        run.state, run.is_pruned = ("stopped", True) if count == 2 else ("finished", False)
        run.trial_attrs = {"reports": values, "system": {"completed_rung_0": values[0]}}
    Run.objects.bulk_update(runs, ["state", "is_pruned", "trial_attrs"], batch_size=200)
    append_many(batches)
    return Sweep.objects.get(pk=sweep.pk)


def _point(rng: random.Random) -> dict[str, Any]:
    from runs.sweeps.draw import Drawer
    from runs.sweeps.space import read_space

    return Drawer(read_space(RANGES)).draw(rng)


def _asked(study: Any, sweep: Any, kind: str) -> str:
    from runs.sweeps.requests import study_request

    walls, reading, answering = [], [], []
    for repeat in range(REPEATS + 1):
        begin, cpu, theirs = time.perf_counter(), time.process_time(), _cpu_of(study)
        request = study_request(sweep, every_report=kind == "judge")
        if kind == "suggest":
            request |= {"next": sweep.next_trial + repeat, "count": 1}
        else:
            request["trials"][-1] |= {"state": "running", "values": None, "reports": [], "system": {}}
            request["new"] = [[request["trials"][-1]["number"], [[1, 0.1]]]]
        study.ask(kind, request)
        if repeat:  # the first starts the process and imports Optuna
            walls.append(1000 * (time.perf_counter() - begin))
            reading.append(1000 * (time.process_time() - cpu))
            answering.append(1000 * (_cpu_of(study) - theirs))
    wall, read, answer = map(statistics.median, (walls, reading, answering))
    return f"{wall:.0f} ms; {read + answer:.0f} ms CPU (server {read:.0f}, suggesting process {answer:.0f})"


def _cpu_of(study: Any) -> float:
    process = study._process
    times = psutil.Process(process.pid).cpu_times() if process else None
    return times.user + times.system if times else 0.0


# --- whether it finds more than random ---


def branin() -> None:
    """How near to the lowest value of Branin's function, 0.397887, the best of 40 trials comes."""
    space = {"args.x": {"low": -5, "high": 10}, "args.y": {"low": 0, "high": 15}}
    _compare("Branin", space, _branin, TRIALS)


def _branin(point: dict[str, Any]) -> float:
    x, y = point["args.x"], point["args.y"]
    bend = y - 5.1 * x * x / (4 * math.pi**2) + 5 * x / math.pi - 6
    return bend * bend + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10


RATES = [1e-4 * 10 ** (at / 5) for at in range(16)]
BATCHES = [16, 32, 64]
DROPOUTS = [0.0, 0.2, 0.4]


def digits() -> None:
    """The share of digits that are told wrongly, of the best of 30 trials out of 144 points."""
    space = {
        "args.rate": {"low": 0, "high": len(RATES) - 1, "int": True},
        "args.batch": {"low": 0, "high": len(BATCHES) - 1, "int": True},
        "args.dropout": {"low": 0, "high": len(DROPOUTS) - 1, "int": True},
    }
    table = _trained_table()
    print(f"{len(table)} trainings: errors from {min(table.values()):.4f} to {max(table.values()):.4f}")
    _compare("digits", space, lambda p: table[p["args.rate"], p["args.batch"], p["args.dropout"]], 30)


def _trained_table() -> dict[tuple[int, int, int], float]:
    import torch

    torch.set_num_threads(1)
    found = {}
    for rate in range(len(RATES)):
        for batch in range(len(BATCHES)):
            for dropout in range(len(DROPOUTS)):
                found[rate, batch, dropout] = _trained(RATES[rate], BATCHES[batch], DROPOUTS[dropout])
        best = min(error for point, error in found.items() if point[0] == rate)
        print(f"learning rate {RATES[rate]:.2g}: best {best:.4f}", flush=True)
    return found


def _trained(rate: float, batch: int, dropout: float) -> float:
    """One real training of 60 steps, and its error on the validation split."""
    from trainer_bridge.spec import build_trainer

    args = {
        "learning_rate": rate,
        "per_device_train_batch_size": batch,
        "max_steps": 60,
        "eval_strategy": "no",
    }
    args |= {"save_strategy": "no", "load_best_model_at_end": False, "logging_steps": 100, "seed": 1}
    params = {"hidden_size": 16, "num_hidden_layers": 1, "dropout": dropout}
    with tempfile.TemporaryDirectory() as folder:
        spec = {"recipe": "digits-vit", "params": params, "args": args}
        trainer = build_trainer(spec, Path(folder), []).trainer
        trainer.train()
        return 1 - trainer.evaluate()["eval_accuracy"]


def _compare(title: str, space: dict[str, Any], function: Function, trials: int) -> None:
    pairs = [
        [_best(sampler, space, function, trials, seed) for sampler in ("tpe", "random")]
        for seed in range(SEEDS)
    ]
    tpe, drawn = (statistics.mean(column) for column in zip(*pairs, strict=True))
    wins = sum(mine < theirs for mine, theirs in pairs)
    ties = sum(mine == theirs for mine, theirs in pairs)
    print(f"{title}, best of {trials} trials, mean of {SEEDS} seeds: TPE {tpe:.5g}, random {drawn:.5g}")
    print(f"  TPE is better with {wins} seeds, equal with {ties}, worse with {SEEDS - wins - ties}")


def _best(sampler: str, space: dict[str, Any], function: Function, trials: int, seed: int) -> float:
    """The lowest value of a sweep, each suggestion from a study that is rebuilt from its rows."""
    from tests.runs.sweeps.test_suggest import searched

    found = searched(sampler, trials, space=space, function=function, seed=seed, options={})
    return min(trial["values"][0] for trial in found)


if __name__ == "__main__":
    main()
