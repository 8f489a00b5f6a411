"""A sweep goes on whatever is killed: the web process, the suggesting process, everything at once."""

import os
import signal

import psutil
import pytest

from tests.faults.test_processes import Installation
from tests.live import LiveTrainboard, wait_for

pytestmark = [pytest.mark.slow_faults, pytest.mark.training]

TRIALS = 6
#: Wide enough that the way to the server and back takes a few steps, and not a hundred.
SPEC = {
    "recipe": "digits-vit",
    "params": {"hidden_size": 48, "num_hidden_layers": 2},
    "args": {"max_steps": 400, "eval_strategy": "steps", "eval_steps": 100, "save_steps": 100},
}
SPEC["args"] |= {"save_strategy": "steps"}
SPACE = {"args.learning_rate": {"low": 1e-6, "high": 1e-2, "scale": "log"}}
#: At a rate that learns nothing one digit in ten is right.
PLAN = {
    "sampler": "tpe",
    "sampler_options": {"n_startup_trials": 2},
    "trials": TRIALS,
    "pruner": {"kind": "threshold", "lower": 0.25, "n_warmup_steps": 1},
}


def test_a_sweep_survives_kills_and_prunes(tmp_path):
    folder = tmp_path / "data"
    with LiveTrainboard(folder, environment={"TRAINBOARD_HEARTBEAT_TIMEOUT": "6"}) as live:
        here = Installation(live)
        here.ask("projects", {"name": "faults"})
        # Both ends first: one trial learns and one does not.
        sweep = here.ask("sweeps", {"project": "faults", "spec": SPEC, "space": SPACE, "sweep": PLAN})["id"]
        points = [{"args.learning_rate": 1e-6}, {"args.learning_rate": 5e-3}]
        here.ask(f"sweeps/{sweep}/edits", {"kind": "points", "args": {"points": points}})
        wait_for(lambda: _ended(here, sweep) >= 1, f"a trial\n{live.text}", 90)
        for process in [*_suggesting(live), live.child("serve")]:
            process.kill()
        wait_for(lambda: _ended(here, sweep) >= 3, f"three trials\n{live.text}", 120)
        for process in [*live.children(), psutil.Process(live.process.pid)]:
            os.kill(process.pid, signal.SIGKILL)
    with LiveTrainboard(folder, environment={"TRAINBOARD_HEARTBEAT_TIMEOUT": "6"}) as live:
        here = Installation(live)
        wait_for(lambda: _sweep(here, sweep).get("state") == "finished", f"the end\n{live.text}", 240)
        trials = _sweep(here, sweep)["trials"]
    assert [trial["number"] for trial in trials] == list(range(TRIALS + 2))
    rates = [trial["params"]["args.learning_rate"] for trial in trials]
    assert len(set(rates)) == TRIALS + 2
    assert 1e-6 in rates
    bad = trials[rates.index(1e-6)]
    # Within one evaluation: the second says so, and the third does not come.
    assert (bad["is_pruned"], bad["state"]) == (True, "stopped")
    assert bad["step"] < 300
    assert not trials[rates.index(5e-3)]["is_pruned"]


def _sweep(here, sweep):
    """The sweep; {} while the server is away."""
    try:
        return here.ask(f"sweeps/{sweep}")
    except OSError:
        return {}


def _ended(here, sweep):
    states = [trial["state"] for trial in _sweep(here, sweep).get("trials", [])]
    return sum(state in ("finished", "stopped") for state in states)


def _suggesting(live):
    return [child for child in live.children() if "runs.sweeps.study" in child.cmdline()]
