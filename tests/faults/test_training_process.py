"""A training process whose disk is full, or that is killed while it saves a checkpoint."""

import os
import resource
import signal
import threading
import time

import psutil
import pytest

from runs.checkpoints.verify import problem_of
from tests.live import wait_for
from trainer_bridge.protocol import Checkpoint, Exit, Metrics, Warning
from trainer_bridge.supervisor import Supervisor, report_unstarted

pytestmark = [pytest.mark.faults, pytest.mark.training]

LONG = {"num_train_epochs": 2000, "eval_strategy": "no", "load_best_model_at_end": False}


@pytest.fixture
def train(launcher):
    """train(job) → (supervisor, its thread); ended with the test."""
    started = []

    def start(job):
        supervisor = Supervisor(job, launcher)
        thread = threading.Thread(target=supervisor.run)
        thread.start()
        started.append((supervisor, thread))
        return supervisor, thread

    yield start
    for supervisor, thread in started:
        supervisor.kill("the test is over")
        thread.join(30)


def logged_steps(server):
    return [event.step for event in server.of(Metrics) if "train/loss" in event.values]


def test_a_training_whose_disk_is_full_logs_on_and_fails_with_the_reason_when_it_has_to_save(
    server,
    train,
    job_for,
):
    job = job_for(max_steps=60, save_strategy="no", eval_strategy="no", load_best_model_at_end=False)
    job.spec["args"] |= {"save_strategy": "steps", "save_steps": 50}
    supervisor, thread = train(job)
    server.wait_for(lambda: len(logged_steps(server)) >= 3, 30)
    pid = supervisor._child.pid
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
    thread.join(60)
    assert not thread.is_alive()
    # The training's own word comes first and counts; its supervisor knows only the exit code.
    exit = next(event for event in server.arrivals if isinstance(event, Exit))
    assert (exit.outcome, exit.step) == ("failed", 50)
    assert "File too large" in exit.error
    assert logged_steps(server) == list(range(1, 51))
    codes = {warning.code for warning in server.of(Warning)}
    assert {"console", "spool"} <= codes
    assert server.gaps == []


def test_a_run_that_cannot_even_begin_says_why(server, job_for, tmp_path):
    job = job_for()
    job.paths.root.mkdir(parents=True)
    job.paths.folder.touch()  # no folder can be made here
    with pytest.raises(OSError, match=str(job.paths.folder)) as refused:
        Supervisor(job, None)
    report_unstarted(job, refused.value)
    exit = server.of(Exit)[0]
    assert exit.outcome == "failed"
    assert str(job.paths.folder) in exit.error


def half_saved(folder, supervisor):
    """Stop the training; whether it stands in the middle of a save (then it stays stopped)."""
    process = psutil.Process(supervisor._child.pid)
    process.suspend()
    wait_for(lambda: process.status() == psutil.STATUS_STOPPED, "the stop", 2)
    newest = max(folder.glob("checkpoint-*"), key=lambda path: int(path.name.partition("-")[2]), default=None)
    if newest is not None and not (newest / "trainer_state.json").exists():
        return newest
    process.resume()
    return None


def test_a_checkpoint_half_written_when_the_process_died_is_told_from_a_whole_one(
    server,
    train,
    job_for,
):
    job = job_for(**LONG, save_strategy="steps", save_steps=2, save_total_limit=3)
    job.spec["params"] = {"hidden_size": 96, "num_hidden_layers": 3}
    supervisor, thread = train(job)
    server.wait_for(lambda: len(server.of(Checkpoint)) >= 2, 40)
    folder = job.paths.checkpoints
    until = time.monotonic() + 20
    while (half := half_saved(folder, supervisor)) is None and time.monotonic() < until:
        time.sleep(0.003)
    assert half, "the training was never caught while it saved"
    os.kill(supervisor._child.pid, signal.SIGKILL)
    thread.join(30)
    step = int(half.name.partition("-")[2])
    assert problem_of(half, step) != ""
    # It was never reported; those that were, and are still there, are whole.
    reported = server.of(Checkpoint)
    assert step not in [event.step for event in reported]
    for kept in reported[-1].kept:
        assert problem_of(folder / f"checkpoint-{kept}", kept) == ""
    assert reported[-1].kept
    assert server.of(Exit)[0].signal == 9
