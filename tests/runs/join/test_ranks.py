"""Trainings of several processes that somebody started with torchrun: they report once and obey together."""

import re
import subprocess

import pytest

from runs import series
from runs.models import Command, Run
from tests.live import wait_for
from tests.runs.join.trainings import SCRIPT, command, lines, points, python
from trainer_bridge.join.callback import NOT_ALL

#: Processes that import torch anew take long.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

TORCHRUN = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
#: Trains until somebody ends it, and then says where each process stands. {callbacks} is an expression.
LONG = (
    SCRIPT.partition("if __name__")[0]
    + """
import time
from transformers import TrainerCallback

class Slow(TrainerCallback):
    def on_step_end(self, *args, **kwargs):
        time.sleep(0.01)

long = trainer("out", save_strategy="no", lr_scheduler_type="constant", callbacks=[Slow(), *({callbacks})])
long.args.max_steps = 100_000
long.train()
print("ended at", long.state.global_step, "rate", long.optimizer.param_groups[0]["lr"])
"""
)
LOOP = """
import time
import torch.distributed
import trainer_bridge

torch.distributed.init_process_group("gloo")
run = trainer_bridge.start_run(name="loop")
step = 0
while not run.stop_agreed():
    step += 1
    run.log({"loss": 1.0}, step=step)
    time.sleep(0.01)
print("ended at", step)
"""


@pytest.fixture
def ranks(joining, tmp_path):
    """ranks(text, *exec) → a script that torchrun trains in two processes; it is running. Ended after the test."""
    started = []

    def start(text, *before):
        (tmp_path / "train.py").write_text(text)
        started.append(python([*TORCHRUN, *before, "train.py"], cwd=tmp_path))
        wait_for(lambda: Run.objects.filter(state="running").exists(), "the training", 60)
        return started[0]

    yield start
    for process in started:
        # torchrun ends its processes, each of which would otherwise train on.
        process.terminate()
        process.communicate(timeout=30)


@pytest.fixture
def ask(web, token):
    """ask(kind, **args) → the command once it was answered."""

    def asked(kind, **args):
        command(web, token, Run.objects.get().pk, kind, **args)
        mine = Command.objects.latest("id")
        answered = Command.objects.filter(pk=mine.pk, status__in=["applied", "refused"])
        return wait_for(lambda: answered.all().first(), f"an answer to {kind}", 60)

    return asked


def said(run):
    """What the first and the second process said at their end."""
    found = {True: "", False: ""}
    for line in lines(run):
        if match := re.match(r"(\[rank1\] )?(ended at .*)", line):
            found[bool(match[1])] = match[2]
    return found[False], found[True]


def test_only_the_first_process_reports_metrics(joining):
    code = (
        "import trainer_bridge, sys\n"
        "run = trainer_bridge.start_run(name='two')\n"
        "run.log({'loss': float(run.rank.number)}, step=1)\n"
        "print('process', run.rank.number)\n"
        "sys.stdin.read()\n"
    )
    processes = [
        python(
            code, env={"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": "2"}, stdin=subprocess.PIPE
        )
        for rank in range(2)
    ]
    sampled = {"system/cpu", "system/rank1/cpu"}
    wait_for(lambda: sampled <= set(series.keys(Run.objects.values_list("pk", flat=True))), "samples", 30)
    output = [process.communicate(timeout=30)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], output
    stored = Run.objects.get()
    assert (stored.state, stored.attempts.count()) == ("finished", 1)
    assert points(stored, "loss") == {1: 0.0}
    assert {"process 0", "[rank1] process 1"} <= set(lines(stored))
    assert not joining.exists()


@pytest.mark.training
def test_all_processes_obey_at_one_step(ranks, ask):
    process = ranks(LONG.replace("{callbacks}", "[]"), "-m", "trainer_bridge", "exec")
    run = Run.objects.get()
    done = [
        ask("save"),
        ask("learning_rate", scale=0.5),
        ask("log_every", steps=3),
        ask("evaluate"),
        ask("pause", hold=True),
    ]
    assert [(c.kind, c.status, c.reason) for c in done] == [(c.kind, "applied", "") for c in done]
    steps = [c.step for c in done]
    assert steps == sorted(steps)
    assert done[1].result["after"] == pytest.approx(0.005)
    wait_for(lambda: Run.objects.get().state == "paused", "the pause")
    assert ask("go_on").step == steps[-1]
    # The last one from a terminal.
    last = python(["-m", "trainer_bridge", "command", run.pk, "stop"])
    assert last.communicate(timeout=30)[0].startswith("stop sent"), last.returncode
    error = process.communicate(timeout=60)[1]
    assert process.returncode == 0, error
    stored = Run.objects.get()
    stop = Command.objects.get(kind="stop")
    assert (stored.state, stop.status, stop.step) == ("stopped", "applied", stored.step)
    assert said(stored) == (f"ended at {stop.step} rate 0.005",) * 2
    assert [c.step for c in stored.checkpoints.order_by("step")] == [steps[0], steps[-1], stop.step]
    assert "eval/loss" in series.keys([stored.pk])


@pytest.mark.training
def test_where_one_process_has_no_callback_nothing_is_asked_of_the_others(ranks, ask):
    alone = "[__import__('trainer_bridge').TrainboardCallback()] if __import__('os').environ['RANK'] == '0' else []"
    quick = "import trainer_bridge.join.consent\ntrainer_bridge.join.consent.FIRST_WAITS = 0.5\n"
    process = ranks(quick + LONG.replace("{callbacks}", alone))
    refused = ask("stop")
    assert (refused.status, refused.reason) == ("refused", NOT_ALL)
    step = Run.objects.get().step
    wait_for(lambda: Run.objects.get().step > step, "more steps")
    ask("kill")
    process.communicate(timeout=60)
    assert process.returncode != 0
    assert Run.objects.get().state == "stopped"


def test_a_loop_asks_for_all_of_its_processes(ranks, ask):
    process = ranks(LOOP)
    assert ask("stop").status == "applied"
    error = process.communicate(timeout=60)[1]
    assert process.returncode == 0, error
    stored = Run.objects.get()
    assert stored.state == "stopped"
    first, second = said(stored)
    assert first == second == f"ended at {stored.step}"
