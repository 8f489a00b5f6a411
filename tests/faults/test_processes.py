"""kill -9 of each process of a whole Trainboard while it trains: web, training, worker, `up` itself."""

import base64
import json
import os
import subprocess
import sys
import urllib.request
from array import array
from pathlib import Path

import psutil
import pytest

from tests.live import PROJECT, LiveTrainboard, wait_for

pytestmark = [pytest.mark.slow_faults, pytest.mark.training]

STEPS = 1500
SPEC = {
    "recipe": "digits-vit",
    "params": {"hidden_size": 4, "num_hidden_layers": 1},
    "args": {
        "max_steps": STEPS,
        "logging_steps": 1,
        "save_strategy": "steps",
        "save_steps": 100,
        "save_total_limit": 2,
        "eval_strategy": "no",
        "load_best_model_at_end": False,
    },
}
#: A silent run is given up after so many seconds.
SILENCE = 6


class Installation:
    """A running Trainboard, its REST interface and the files of its runs."""

    def __init__(self, live: LiveTrainboard) -> None:
        self.live = live
        self.token = self.manage("token", "--name", "faults", "--scopes", "read,write").split()[-1]

    def manage(self, *command: str) -> str:
        environment = os.environ | {
            "TRAINBOARD_DATA_DIR": str(self.live.data_dir),
            "DJANGO_SETTINGS_MODULE": "dashboard.settings",
        }
        environment.pop("TRAINBOARD_SECRET_KEY", None)
        done = subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=PROJECT,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def ask(self, path: str, body: object = None) -> dict:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.live.url}/api/v1/{path}", data, headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or b"{}")

    def launch(self) -> str:
        self.ask("projects", {"name": "faults"}) if not self.ask_projects() else None
        return self.ask("runs", {"project": "faults", "name": "", "tags": [], "spec": SPEC})["id"]

    def ask_projects(self) -> bool:
        return "faults" in [project["slug"] for project in self.ask("projects")]

    def run(self, run: str) -> dict:
        """The run; {} while the server is away."""
        try:
            return self.ask(f"runs/{run}")
        except OSError:
            return {}

    def wait_for_state(self, run: str, *states: str, timeout: float = 90) -> dict:
        wait_for(lambda: self.run(run).get("state") in states, f"{states}\n{self.live.text}", timeout)
        return self.run(run)

    def wait_for_step(self, run: str, step: int) -> None:
        wait_for(lambda: (self.run(run).get("step") or 0) >= step, f"step {step}\n{self.live.text}", 90)

    def steps(self, run: str) -> list[int]:
        """The steps of the shown history of train/loss."""
        found = self.ask(f"series?runs={run}&keys=train/loss&points=10000")["series"]
        if not found:
            return []
        column = found[0]["step"]
        kinds = {
            "f8": "d",
            "f4": "f",
            "i4": "i",
            "u4": "I",
            "i2": "h",
            "u2": "H",
            "i1": "b",
            "u1": "B",
            "i8": "q",
        }
        return [int(step) for step in array(kinds[column["dtype"]], base64.b64decode(column["bdata"]))]

    def printed(self, run: str, attempt: int) -> int:
        """The last step that the training process printed."""
        log = self.live.data_dir / "runs" / run / f"attempt-{attempt}" / "console.log"
        lines = [line for line in log.read_text().splitlines() if line.startswith("step ")]
        return int(lines[-1].split()[1].partition("/")[0])

    def training(self) -> psutil.Process:
        """The training process: the one that is the leader of its own group under the forkserver."""
        worker = self.live.child("worker")
        return next(p for p in worker.children(recursive=True) if os.getpgid(p.pid) == p.pid)


@pytest.fixture
def live(tmp_path: Path):
    return LiveTrainboard(tmp_path / "data", environment={"TRAINBOARD_HEARTBEAT_TIMEOUT": str(SILENCE)})


def test_the_web_process_is_killed(live):
    with live:
        here = Installation(live)
        run = here.launch()
        for step in (50, 300, 600):
            here.wait_for_step(run, step)
            live.child("serve").kill()
        assert here.wait_for_state(run, "finished", "crashed", "failed")["state"] == "finished"
        assert here.steps(run) == list(range(1, STEPS + 1))
        assert "as they were written" in here.manage("check_store")


def test_the_training_process_is_killed_and_resumed(live):
    with live:
        here = Installation(live)
        run = here.launch()
        here.wait_for_step(run, 250)
        here.training().kill()
        failed = here.wait_for_state(run, "failed", "crashed", "finished")
        assert failed["state"] == "failed"
        assert "SIGKILL" in failed["reason"]
        steps = here.steps(run)
        assert steps == list(range(1, len(steps) + 1))
        # What it had measured in its last hundredths of a second was not on the disk yet.
        assert len(steps) >= here.printed(run, 1) - 50
        here.ask(f"runs/{run}/resume", {})
        here.wait_for_state(run, "finished")
        assert here.steps(run) == list(range(1, STEPS + 1))
        assert "as they were written" in here.manage("check_store")


def test_the_worker_is_killed(live):
    with live:
        here = Installation(live)
        run = here.launch()
        here.wait_for_step(run, 250)
        live.child("worker").kill()
        crashed = here.wait_for_state(run, "crashed", "finished", "failed", "stopped")
        assert crashed["state"] == "crashed", crashed["reason"]
        assert "no word from worker" in crashed["reason"]
        # The next worker delivers what the training still measured while it saved and ended.
        wait_for(lambda: len(here.steps(run)) >= here.printed(run, 1), f"the rest\n{live.text}", 60)
        steps = here.steps(run)
        assert steps == list(range(1, len(steps) + 1))
        here.ask(f"runs/{run}/resume", {})
        here.wait_for_state(run, "finished")
        assert here.steps(run) == list(range(1, STEPS + 1))
        assert "as they were written" in here.manage("check_store")


def test_up_itself_is_killed(live):
    with live:
        here = Installation(live)
        run = here.launch()
        here.wait_for_step(run, 250)
        children = live.children()
        live.process.kill()
        live.wait()
        assert psutil.wait_procs(children, timeout=30)[1] == []
    with LiveTrainboard(live.data_dir, live.port, environment=live.environment) as again:
        here.live = again
        here.wait_for_state(run, "crashed", "stopped")
        wait_for(lambda: len(here.steps(run)) >= here.printed(run, 1), f"the rest\n{again.text}", 60)
        here.ask(f"runs/{run}/resume", {})
        here.wait_for_state(run, "finished")
        assert here.steps(run) == list(range(1, STEPS + 1))
        assert "as they were written" in here.manage("check_store")
