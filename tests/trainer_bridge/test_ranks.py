"""Trainings of two processes on one machine: they report once, obey together and end together."""

import os
import signal
from dataclasses import replace

import psutil
import pytest

from tests.trainer_bridge.conftest import alive
from tests.trainer_bridge.supervised import wait_for_steps
from trainer_bridge.job import read_ticket
from trainer_bridge.protocol import (
    Checkpoint,
    Command,
    CommandAck,
    Console,
    Environment,
    Exit,
    Metrics,
    Progress,
    State,
    System,
)
from trainer_bridge.spool_file import leftover

#: Two processes on two cores, each with its share of a step: seconds each.
pytestmark = [pytest.mark.training, pytest.mark.slow]

LONG = {
    "num_train_epochs": 2000,
    "eval_strategy": "no",
    "save_strategy": "no",
    "load_best_model_at_end": False,
}


@pytest.fixture
def pair(job_for):
    """Jobs of two processes."""
    return lambda **args: replace(job_for(**args), processes=2)


def applied(server) -> dict[int, CommandAck]:
    return {ack.id: ack for ack in server.of(CommandAck) if ack.status == "applied"}


def refused(server) -> list[str]:
    return [ack.reason for ack in server.of(CommandAck) if ack.status == "refused"]


def test_two_processes_train_and_report_once(server, train, pair):
    job = pair()
    assert train(job).end(60)
    exits = server.of(Exit)
    assert [(e.outcome, e.exit_code, e.error) for e in exits] == [("finished", 0, "")]
    assert server.arrivals[-1] is exits[0]
    running = server.of(State)[-1]
    # Each process takes a batch of its own for a step: 64 samples and half the steps of one process.
    assert (running.samples_per_step, running.max_steps) == (128, 10)
    assert [e.step for e in server.of(Metrics) if "train/loss" in e.values] == list(range(1, 11))
    assert sum("test/accuracy" in event.values for event in server.of(Metrics)) == 1
    assert [e.step for e in server.of(Checkpoint)] == [10]
    names = {file.name for file in server.of(Checkpoint)[0].files}
    assert {"rng_state_0.pth", "rng_state_1.pth"} <= names
    assert server.of(Environment, "trainer")[-1].values["arguments"]["ddp_backend"] is None
    assert read_ticket(job.folder) is None
    assert not any(leftover(job.spool(source)) for source in ("trainer", "supervisor", "rank1"))


def test_a_training_of_two_uses_one_supervisor_and_samples_both(server, train, pair, monkeypatch):
    monkeypatch.setattr("trainer_bridge.supervisor.SAMPLE_EVERY", 0.2)
    supervised = train(pair(**LONG))
    wait_for_steps(server)
    pids = supervised.supervisor._child.pids
    assert len(set(pids)) == 2
    resident = sum(psutil.Process(pid).memory_info().rss for pid in pids) / 1024**3
    server.wait_for(lambda: server.of(System), 10)
    assert server.of(System)[-1].values["system/memory"] == pytest.approx(resident, rel=0.2)
    assert {source for _, _, source in server.events} <= {"trainer", "supervisor", "rank1"}


def test_commands_are_obeyed_by_both_at_one_step(server, train, pair):
    supervised = train(pair(**LONG, max_steps=3000))
    trainer = ("run1", 1, "trainer")
    wait_for_steps(server)
    for number, (kind, args) in enumerate(
        [
            ("save", {}),
            ("learning_rate", {"scale": 0.5}),
            ("log_every", {"steps": 3}),
            ("evaluate", {}),
            ("pause", {"hold": True}),
        ],
        start=1,
    ):
        server.command(trainer, Command(number, kind, args))
        server.wait_for(lambda n=number: n in applied(server) or refused(server), 30)
    assert refused(server) == []
    held_at = applied(server)[5].step
    progress = [event.step for event in server.of(Progress)]
    assert max(progress) <= held_at
    server.command(trainer, Command(6, "go_on"))
    server.wait_for(lambda: any(event.step > held_at + 5 for event in server.of(Metrics)), 30)
    server.command(trainer, Command(7, "end", {"max_steps": 2900}))
    server.command(trainer, Command(8, "stop"))
    assert supervised.end(40)
    exit = server.of(Exit)[0]
    assert (exit.outcome, exit.exit_code) == ("stopped", 0)
    assert set(applied(server)) == set(range(1, 9))
    assert applied(server)[8].step == exit.step
    assert [e.step for e in server.of(Checkpoint)][-1] == exit.step
    assert any("eval/accuracy" in event.values for event in server.of(Metrics))


def test_the_death_of_one_ends_both_and_is_told(server, train, pair):
    supervised = train(pair(**LONG))
    wait_for_steps(server)
    first, second = supervised.supervisor._child.pids
    os.kill(second, signal.SIGKILL)
    assert supervised.end(40)
    assert not alive(first)
    exits = server.of(Exit)
    assert [(e.outcome, e.signal) for e in exits] == [("failed", 9)]
    assert exits[0].error.startswith("Rank 1 of 2: The training process was killed by signal 9 (SIGKILL).")


def test_the_death_of_the_first_is_told_as_its_own(server, train, pair):
    supervised = train(pair(**LONG))
    wait_for_steps(server)
    first, second = supervised.supervisor._child.pids
    os.kill(first, signal.SIGKILL)
    assert supervised.end(40)
    assert not alive(second)
    assert server.of(Exit)[0].error.startswith("Rank 0 of 2: The training process was killed by signal 9")


def test_a_worker_that_shuts_down_has_both_save_and_the_run_goes_on_from_there(server, train, pair):
    supervised = train(pair(**LONG))
    wait_for_steps(server)
    supervised.supervisor.stop()
    assert supervised.end(40)
    exit, checkpoint = server.of(Exit)[0], server.of(Checkpoint)[0]
    assert (exit.outcome, exit.reason) == ("stopped", "the worker was shut down")
    assert checkpoint.step == exit.step
    again = pair(attempt=2, resume_from=checkpoint.path, **{**LONG, "max_steps": checkpoint.step + 3})
    assert train(again).end(60)
    second = server.events["run1", 2, "trainer"]
    steps = [e.step for e in second if isinstance(e, Metrics) and "train/loss" in e.values]
    assert steps == [checkpoint.step + n for n in (1, 2, 3)]
    assert server.of(Exit)[-1].outcome == "finished"


def test_a_mistake_that_all_make_is_told_once_in_its_own_words(server, train, pair):
    train(pair(learning_rate=-1)).end(40)
    assert [exit.error for exit in server.of(Exit)] == ["args.learning_rate: Must be above 0."]


def test_lines_of_the_second_process_are_its_own(server, train, pair, tmp_path):
    job = pair(**LONG)
    supervised = train(job)
    wait_for_steps(server)
    with job.ranks()[1].console_log.open("a") as log:
        log.write("a word of the second\n")
    server.wait_for(lambda: ("run1", 1, "rank1") in server.events, 10)

    def lines():
        return [line.text for event in server.of(Console, "rank1") for line in event.lines]

    server.wait_for(lambda: "a word of the second" in lines(), 10)
    supervised.supervisor.kill("enough")
    assert supervised.end(30)
    exit = server.of(Exit)[0]
    assert (exit.outcome, exit.reason) == ("stopped", "enough")


@pytest.mark.parametrize(
    "settings",
    [
        {"ddp_find_unused_parameters": False, "ddp_bucket_cap_mb": 1, "ddp_backend": "gloo"},
        {"accelerator_config": {"split_batches": True}, "gradient_accumulation_steps": 2},
        {"fsdp": True, "fsdp_config": {"version": 2}},
    ],
    ids=["ddp", "accelerate", "fsdp"],
)
def test_settings_of_several_processes_pass_through(server, train, pair, settings):
    job = pair(max_steps=3, **settings)
    job.spec["launch"] = {"processes": 2}
    train(job).end(60)
    assert [(exit.outcome, exit.error) for exit in server.of(Exit)] == [("finished", "")]
    told = server.of(Environment, "trainer")[-1].values["arguments"]
    plain = {name: value for name, value in settings.items() if not isinstance(value, dict)}
    assert {name: told[name] for name in plain} == plain
