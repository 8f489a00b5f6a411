"""Real workers side by side: one is killed and the other goes on; a message that comes again and again."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest

from tests.faults.test_processes import SILENCE, SPEC, STEPS, Installation
from tests.live import PROJECT, LiveTrainboard, free_port, wait_for

pytestmark = [pytest.mark.slow_faults, pytest.mark.training]


class ExtraWorker:
    """One more `manage.py worker` beside the one of `up`, with a name and labels of its own.

    With a ``data_dir`` of its own it is as on another machine: it has no database either.
    """

    def __init__(self, here: Installation, name: str, *options: str, data_dir: Path | None = None) -> None:
        token = here.manage("token", "--name", name, "--scopes", "worker").split()[-1]
        environment = os.environ | here.live.environment
        folder = str(data_dir or here.live.data_dir)
        environment |= {"TRAINBOARD_DATA_DIR": folder, "TRAINBOARD_WORKER_TOKEN": token}
        if data_dir is not None:
            environment["TRAINBOARD_DATABASE_URL"] = "postgres://nobody:none@127.0.0.1:1/none"
        environment["DJANGO_SETTINGS_MODULE"] = "dashboard.settings"
        command = [sys.executable, "manage.py", "worker", "--server", here.live.url, "--name", name, *options]
        self.log: list[str] = []
        self.process = subprocess.Popen(
            command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.log.append(line.rstrip())

    @property
    def text(self) -> str:
        return "\n".join(self.log)

    def kill(self) -> None:
        """With everything that it started, as a machine does that loses its power."""
        if self.process.poll() is None:
            for process in [*psutil.Process(self.process.pid).children(recursive=True), self.process]:
                process.kill()
        self.process.wait()


@pytest.fixture
def workers():
    """workers(here, name, …) → a worker that is warm, killed with the test."""
    started: list[ExtraWorker] = []

    def start(here: Installation, name: str, *options: str, **elsewhere: Path) -> ExtraWorker:
        worker = ExtraWorker(here, name, *options, **elsewhere)
        started.append(worker)
        wait_for(lambda: "warm after" in worker.text, f"a warm worker:\n{worker.text}", 120)
        return worker

    yield start
    for worker in started:
        worker.kill()


def test_a_run_whose_worker_is_killed_goes_on_from_its_checkpoint_on_the_other(tmp_path: Path, workers):
    environment = {"TRAINBOARD_HEARTBEAT_TIMEOUT": str(SILENCE)}
    with LiveTrainboard(tmp_path / "data", environment=environment) as live:
        here = Installation(live)
        pair = {name: workers(here, name, "--slots", "1", "--labels", "pair") for name in ("one", "two")}
        here.ask("projects", {"name": "faults"})
        spec = {**SPEC, "launch": {"labels": "pair", "retries": 1}}
        run = here.ask("runs", {"project": "faults", "spec": spec})["id"]
        here.wait_for_step(run, 250)
        first = here.run(run)["worker"]
        pair.pop(first).kill()
        finished = here.wait_for_state(run, "finished", "crashed", "failed", timeout=120)
        ((second, _),) = pair.items()
        assert (finished["state"], finished["worker"]) == ("finished", second)
        assert here.steps(run) == list(range(1, STEPS + 1))
        resumed = [line for line in pair[second].log if f"({run}), attempt 2" in line]
        assert len(resumed) == 1
        assert here.printed(run, 2) == STEPS
        # It did not begin anew.
        log = (live.data_dir / "runs" / run / "attempt-2" / "console.log").read_text()
        assert not log.startswith("step 1/")
        assert "as they were written" in here.manage("check_store")


@pytest.fixture
def redis(tmp_path: Path):
    """The address of a Redis of the test's own."""
    port = free_port()
    command = ["redis-server", "--port", str(port), "--save", "", "--dir", str(tmp_path)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    client = pytest.importorskip("redis").Redis(port=port)
    wait_for(lambda: _answers(client), "redis")
    yield client
    server.kill()
    server.wait()


def _answers(client) -> bool:
    try:
        return client.ping()
    except Exception:
        return False


@pytest.mark.redis
def test_a_message_doubled_and_redelivered_never_trains_a_run_twice(tmp_path: Path, workers, redis):
    port = redis.connection_pool.connection_kwargs["port"]
    broker = f"redis://127.0.0.1:{port}/0"
    environment = {"TRAINBOARD_BROKER_URL": broker}
    spec = {**SPEC, "args": {**SPEC["args"], "max_steps": 60, "save_strategy": "no"}}
    message = _message(f"redis://127.0.0.1:{port}/1", redis.__class__(port=port, db=1))
    with LiveTrainboard(tmp_path / "data", environment=environment, slots=1) as live:
        here = Installation(live)
        workers(here, "other", "--slots", "1", data_dir=tmp_path / "other")
        here.ask("projects", {"name": "faults"})
        runs = []
        for _ in range(6):
            runs.append(here.ask("runs", {"project": "faults", "spec": spec})["id"])
            # The very same message, again and again: as after a doubled publish, or Redis' visibility timeout.
            redis.lpush("celery", *[message] * 10)
        for run in runs:
            here.wait_for_state(run, "finished", timeout=120)
            redis.lpush("celery", *[message] * 10)
        wait_for(lambda: redis.llen("celery") == 0, "every message was taken", 30)
        for run in runs:
            attempts = [*tmp_path.glob(f"*/runs/{run}/attempt-*")]
            assert [path.name for path in attempts] == ["attempt-1"]
            assert here.steps(run) == list(range(1, 61))
            assert here.run(run)["state"] == "finished"
        # Each trained some: neither the folder nor the database of the server is needed for it.
        assert len({here.run(run)["worker"] for run in runs}) == 2


def _message(url: str, client) -> bytes:
    """A "look" message as Celery lays it into Redis, taken out before anybody saw it."""
    from dashboard.celery import make_app
    from runs.dispatch import LOOK

    make_app(url, Path()).send_task(LOOK)
    message = client.rpop("celery")
    assert message
    return message
