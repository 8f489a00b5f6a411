"""Real trainings in warm children, ended in every way there is."""

import os
import signal
import time

import pytest

from tests.trainer_bridge.conftest import alive
from tests.trainer_bridge.supervised import wait_for_steps
from trainer_bridge.job import read_ticket
from trainer_bridge.leftovers import Leftovers, settle
from trainer_bridge.protocol import (
    Checkpoint,
    Command,
    CommandAck,
    Console,
    Environment,
    Exit,
    Metrics,
    State,
)
from trainer_bridge.spool_file import leftover
from trainer_bridge.supervisor import Supervisor

pytestmark = pytest.mark.training

#: Longer than any test: it has to be ended.
LONG = {
    "num_train_epochs": 2000,
    "eval_strategy": "no",
    "save_strategy": "no",
    "load_best_model_at_end": False,
}


def test_a_training_from_start_to_exit(server, train, job_for):
    job = job_for()
    assert train(job).end()
    exits = server.of(Exit)
    assert [(e.outcome, e.step, e.exit_code, e.error) for e in exits] == [("finished", 20, 0, "")]
    assert server.arrivals[-1] is exits[0]  # metrics first, exit last
    assert [e.state for e in server.of(State)] == ["starting", "running"]
    assert server.of(Environment, "trainer")[0].values["hardware"]["threads"] == 1
    told = {
        key: value for event in server.of(Environment, "supervisor") for key, value in event.values.items()
    }
    assert "torch" in told["installed"]
    assert told["limits"]["system/memory"] > 0
    keys = {key for event in server.of(Metrics) for key in event.values}
    assert {"train/loss", "eval/accuracy", "final/train_loss", "test/accuracy"} <= keys
    assert [e.step for e in server.of(Metrics) if "train/loss" in e.values] == list(range(1, 21))
    assert [e.step for e in server.of(Checkpoint)] == [20]
    assert read_ticket(job.folder) is None
    assert not leftover(job.spool("trainer"))
    assert not leftover(job.spool("supervisor"))


def test_an_exception_is_reported_with_its_last_line_and_traceback(server, train, job_for):
    job = job_for(metric_for_best_model="nonsense", greater_is_better=True, load_best_model_at_end=True)
    train(job).end()
    exit = server.of(Exit)[0]
    assert (exit.outcome, exit.exit_code) == ("failed", 1)
    assert exit.error.startswith("KeyError")
    assert "eval_nonsense" in exit.error
    assert exit.traceback.startswith("Traceback")
    lines = [line.text for event in server.of(Console) for line in event.lines]
    assert exit.error in lines


def test_a_spec_that_cannot_be_is_reported_in_its_own_words(server, train, job_for):
    train(job_for(learning_rate=-1)).end()
    exit = server.of(Exit)[0]
    assert (exit.outcome, exit.error) == ("failed", "args.learning_rate: Must be above 0.")


def test_a_killed_training_is_failed_with_its_last_output(server, train, job_for):
    job = job_for(**LONG)
    supervised = train(job)
    wait_for_steps(server)
    with job.paths.console_log(1).open("a") as log:
        log.write("the last words\n")
    os.kill(supervised.pid, signal.SIGKILL)
    assert supervised.end()
    exit = server.of(Exit)[0]
    assert (exit.outcome, exit.signal) == ("failed", 9)
    assert "killed by signal 9 (SIGKILL)" in exit.error
    assert "the last words" in exit.traceback
    assert server.arrivals[-1] is exit
    assert server.gaps == []


def test_the_kill_command_ends_it_at_once_and_is_answered(server, train, job_for):
    supervised = train(job_for(**LONG))
    wait_for_steps(server)
    server.command(("run1", 1, "supervisor"), Command(9, "kill"))
    assert supervised.end()
    exit = server.of(Exit)[0]
    assert (exit.outcome, exit.signal, exit.error) == ("stopped", 9, "")
    assert [(ack.id, ack.status) for ack in server.of(CommandAck)] == [(9, "applied")]


def test_the_stop_command_saves_and_says_nothing_of_its_own(server, train, job_for):
    supervised = train(job_for(**LONG))
    wait_for_steps(server)
    server.command(("run1", 1, "trainer"), Command(9, "stop"))
    assert supervised.end()
    exit = server.of(Exit)[0]
    applied = server.of(CommandAck)[-1]
    assert (exit.outcome, exit.reason, exit.exit_code) == ("stopped", "", 0)
    assert (applied.status, applied.step) == ("applied", exit.step)
    assert [e.step for e in server.of(Checkpoint)] == [exit.step]
    assert not any("test/accuracy" in e.values for e in server.of(Metrics))


def test_a_training_stopped_by_its_worker_goes_on_from_there(server, train, job_for):
    supervised = train(job_for(**LONG))
    wait_for_steps(server)
    supervised.supervisor.stop()
    assert supervised.end()
    exit, checkpoint = server.of(Exit)[0], server.of(Checkpoint)[0]
    assert (exit.outcome, exit.reason) == ("stopped", "the worker was shut down")
    assert checkpoint.step == exit.step
    again = job_for(attempt=2, resume_from=checkpoint.path, **{**LONG, "max_steps": checkpoint.step + 3})
    assert train(again).end()
    second = server.events["run1", 2, "trainer"]
    assert [e.resumed_step for e in second if isinstance(e, State)] == [checkpoint.step]
    steps = [e.step for e in second if isinstance(e, Metrics) and "train/loss" in e.values]
    assert steps == [checkpoint.step + n for n in (1, 2, 3)]
    assert server.of(Exit)[-1].outcome == "finished"


def test_a_checkpoint_without_its_optimizer_is_not_resumed(server, train, job_for, tmp_path):
    folder = tmp_path / "runs" / "run1" / "checkpoints" / "checkpoint-5"
    folder.mkdir(parents=True)
    (folder / "trainer_state.json").write_text('{"global_step": 5}')
    train(job_for(resume_from="checkpoints/checkpoint-5")).end()
    assert "it has no optimizer.pt, scheduler.pt" in server.of(Exit)[0].error


def test_when_the_worker_dies_the_child_saves_ends_and_leaves_no_exit(server, launcher, job_for):
    job = job_for(**LONG)
    job.folder.mkdir(parents=True)
    child = launcher.start(job)
    wait_for_steps(server)
    # What the death of a worker does: its end of the child's pipe closes.
    child._process._popen.finalizer()
    deadline = time.monotonic() + 15
    while alive(child.pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(child.pid)
    assert len(server.of(Checkpoint)) == 1
    assert not job.paths.exit_record(1).exists()


@pytest.mark.slow
def test_a_server_away_at_the_end_gets_everything_later_and_the_exit_last(server, train, job_for):
    job = job_for(run="run2", num_train_epochs=3)
    supervised = train(job)
    wait_for_steps(server)
    server.stop()
    assert not supervised.end()
    assert read_ticket(job.folder) == job
    assert server.of(Exit) == []
    server.start()
    assert settle(job, 15)
    assert server.arrivals[-1] is server.of(Exit)[0]
    assert [e.step for e in server.of(Metrics) if "train/loss" in e.values] == list(range(1, 61))
    assert server.gaps == []
    assert read_ticket(job.folder) is None


def test_a_new_worker_delivers_and_reports_what_a_dead_one_left(server, launcher, job_for):
    job = job_for(run="run3")
    supervisor = Supervisor(job, launcher)  # killed: it never comes to report
    supervisor._client.close(5)
    launcher.start(job).wait(30)
    assert server.of(Exit) == []
    leftovers = Leftovers(job.paths.root, server.url)
    leftovers.start()
    server.wait_for(lambda: server.of(Exit), 15)
    leftovers.stop()
    assert [e.outcome for e in server.of(Exit)] == ["finished"]


def test_what_a_living_worker_has_in_hand_is_left_alone(server, train, job_for, tmp_path):
    job = job_for(**LONG)
    supervised = train(job)
    wait_for_steps(server)
    leftovers = Leftovers(tmp_path / "runs", server.url)
    leftovers.start()
    time.sleep(0.5)
    leftovers.stop()
    assert read_ticket(job.folder) == job
    assert alive(supervised.pid)
