"""How soon a launched run trains, and how many tiny trials a minute get done, beside a fresh Python for each.

Run: python -m tests.benchmarks.bench_launch [--trials 50]. The machine's own limit is the training alone, which a warm
child runs without anything around it.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

from tests.benchmarks.live_server import ROOT, quantile, report, set_up
from tests.live import LiveTrainboard, wait_for
from trainer_bridge.gpu import gpu_devices

SLOTS = 2
STEPS = 20
SINGLE_RUNS = 10
SPEC = {
    "recipe": "digits-vit",
    "params": {"hidden_size": 4, "num_hidden_layers": 1},
    "args": {
        "max_steps": STEPS,
        "logging_steps": 1,
        "eval_strategy": "no",
        "save_strategy": "no",
        "load_best_model_at_end": False,
    },
}
#: What a launcher without a warm process runs for each trial.
FRESH = """
import json, sys, time, tempfile
from trainer_bridge.spec import build_trainer
trainer = build_trainer(json.loads(sys.argv[1]), tempfile.mkdtemp()).trainer
trainer.train()
"""


class Api:
    """The REST API with a token that may write."""

    def __init__(self, url: str) -> None:
        from django.contrib.auth import get_user_model

        from runs.access import issue_api_token

        person, _ = get_user_model().objects.get_or_create(username="bench")
        _, self._token = issue_api_token(person, "bench", ["read", "write"])
        self._url = url

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self._url}/api/v1/{path}", json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read())


def first_step_after(api: Api) -> float:
    """Seconds from the press on Launch to the log of the first step, on the training's own clock."""
    from runs.models import Run, Series

    pressed = time.time()
    run = api.post("runs", {"project": "bench", "spec": SPEC})["id"]
    wait_for(lambda: Run.objects.filter(pk=run, state="finished").exists(), "the run", timeout=120)
    return Series.objects.get(run=run, key="train/loss").first_time - pressed


def trials_a_minute(api: Api, trials: int) -> float:
    from runs.models import Run

    space = {"args.seed": list(range(trials))}
    began = time.monotonic()
    sweep = api.post("sweeps", {"project": "bench", "spec": SPEC, "space": space})["id"]
    done = Run.objects.filter(sweep=sweep, state="finished")
    wait_for(lambda: done.count() == trials, f"{trials} trials", timeout=600)
    return 60 * trials / (time.monotonic() - began)


def fresh_python() -> float:
    """Seconds of one trial in a Python of its own."""
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", FRESH, json.dumps(SPEC)], cwd=ROOT, check=True, capture_output=True)
    return time.monotonic() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=50)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="trainboard-bench-") as name:
        data = Path(name) / "data"
        data.mkdir()
        set_up(data)
        from runs.models import Project

        Project.objects.create(slug="bench", name="Bench")
        sharing = ["--share-gpu", str(SLOTS)] if gpu_devices() else []
        with LiveTrainboard(data, slots=SLOTS, options=sharing) as live:
            wait_for(lambda: "warm after" in live.text, "the warm worker", timeout=120)
            api = Api(live.url)
            first_step_after(api)
            times = [first_step_after(api) for _ in range(SINGLE_RUNS)]
            rate = trials_a_minute(api, args.trials)
        fresh = statistics.median(fresh_python() for _ in range(3))
    report(
        "press → first training step", f"{statistics.median(times):.2f} · {quantile(times, 0.95):.2f} s",
        "p50 ≤ 1 s", f"p50 · p95 of {SINGLE_RUNS}; a fresh Python for the whole trial {fresh:.1f} s",
    )  # fmt: skip
    report(
        f"trials of {STEPS} steps on {SLOTS} device slots", f"{rate:.0f} a minute", "≥ 60",
        f"a fresh Python for each would give {60 * SLOTS / fresh:.0f} at best: ratio {rate * fresh / 60 / SLOTS:.1f}",
    )  # fmt: skip


if __name__ == "__main__":
    main()
