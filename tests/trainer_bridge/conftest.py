"""Fixtures of the bridge's tests: the protocol's server, and one warm launcher for the whole session."""

import gc
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.trainer_bridge.bridge_server import BridgeServer
from tests.trainer_bridge.supervised import Supervised
from trainer_bridge.job import Job
from trainer_bridge.launcher import Launcher


@pytest.fixture(scope="session", autouse=True)
def _few_objects_to_collect() -> None:
    """The Trainer collects garbage before its first step: over all that was imported that takes half a second."""
    gc.freeze()


@pytest.fixture
def server() -> Iterator[BridgeServer]:
    server = BridgeServer().start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def launcher() -> Launcher:
    """Warm: the seconds that this takes are paid once."""
    launcher = Launcher()
    launcher.warm_up()
    return launcher


@pytest.fixture
def train(launcher: Launcher) -> Iterator[Callable[[Job], Supervised]]:
    """train(job) → the training, which has begun; whatever still trains at the end is killed."""
    started: list[Supervised] = []

    def start(job: Job) -> Supervised:
        started.append(Supervised(job, launcher))
        return started[-1]

    yield start
    for supervised in started:
        supervised.supervisor.kill("the test is over")
        supervised.end()


@pytest.fixture
def job_for(server: BridgeServer, tmp_path: Path) -> Callable[..., Job]:
    """Jobs of a very small digits training, ``args`` on top of two epochs."""

    def make(run: str = "run1", attempt: int = 1, resume_from: str | None = None, **args) -> Job:
        spec = {
            "recipe": "digits-vit",
            "params": {"hidden_size": 4, "num_hidden_layers": 1},
            "args": {"num_train_epochs": 1, "logging_steps": 1, **args},
        }
        return Job(server.url, "secret", run, attempt, spec, str(tmp_path / "runs"), resume_from)

    return make


def alive(pid: int) -> bool:
    """Whether the process runs; a zombie does not."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False
