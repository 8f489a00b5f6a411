"""What only a machine with an NVIDIA GPU can show: pytest -m gpu.

One real Trainboard with one GPU: who may use it, what is measured of it, and what happens when its memory is too small.
"""

import contextlib
import html
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise

import pytest

from tests.faults.test_processes import Installation
from tests.live import LiveTrainboard, wait_for
from trainer_bridge.gpu import gpu_devices, gpu_names

pytestmark = [pytest.mark.gpu, pytest.mark.training]

ARGS = {
    "eval_strategy": "steps",
    "eval_steps": 50,
    "save_strategy": "steps",
    "save_steps": 50,
    "logging_steps": 10,
}
#: Takes the GPU's memory up to what a small model needs, as a colleague's notebook does.
TAKE = """
import sys, torch
free, _ = torch.cuda.mem_get_info()
kept = torch.empty(free - int(sys.argv[1]), dtype=torch.uint8, device="cuda")
print("taken", flush=True)
sys.stdin.read()
"""
GIB = 1024**3


class OnGpu(Installation):
    """Trainboard with runs that are launched with some changed settings."""

    def __init__(self, live: LiveTrainboard) -> None:
        super().__init__(live)
        self._browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        with self._browser.open(live.link):
            pass
        self.ask("projects", {"name": "gpu"})

    def train(self, params: dict | None = None, launch: dict | None = None, **args: object) -> str:
        spec = {"recipe": "digits-vit", "params": params or {}, "args": ARGS | {"max_steps": 100} | args}
        if launch:
            spec["launch"] = launch
        return self.ask("runs", {"project": "gpu", "name": "", "tags": [], "spec": spec})["id"]

    def finished(self, run: str, timeout: float = 120) -> dict:
        ended = self.wait_for_state(run, "finished", "failed", "crashed", "stopped", timeout=timeout)
        assert ended["state"] == "finished", ended["reason"] + ended["traceback"] + self.console(run)
        return ended

    def page(self, path: str) -> str:
        """A page as a person who is logged in gets it."""
        with self._browser.open(self.live.url + path) as answer:
            return html.unescape(answer.read().decode())

    def console(self, run: str) -> str:
        return "\n".join(line[2] for line in self.ask(f"runs/{run}/console")["lines"])


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    with LiveTrainboard(tmp_path_factory.mktemp("gpu") / "data") as live:
        wait_for(lambda: "warm after" in live.text, f"a warm worker\n{live.text}", 180)
        yield OnGpu(live)


@contextlib.contextmanager
def others_take_all_but(left: int) -> Iterator[None]:
    """So many bytes of the GPU's memory are left meanwhile."""
    with subprocess.Popen(
        [sys.executable, "-c", TAKE, str(left)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as taker:
        assert taker.stdout.readline() == "taken\n"
        yield
        taker.stdin.close()


def contexts() -> set[int]:
    """The processes that have a CUDA context."""
    told = subprocess.run(
        ["nvidia-smi", "--query-compute-apps=pid", "--format=csv,noheader"],
        capture_output=True,
        text=True,
        check=True,
    )
    return {int(line) for line in told.stdout.split()}


def test_the_machine_says_what_it_has(here):
    assert gpu_devices() == ["0"]
    assert len(gpu_names()) == 1


def test_a_run_trains_on_the_gpu_and_its_samples_are_kept(here):
    run = here.train(bf16=True, max_steps=1000, eval_steps=250, save_steps=250)
    ended = here.finished(run)
    assert ended["environment"]["device"].startswith("cuda")
    assert ended["environment"]["hardware"]["gpus"] == gpu_names()
    summaries = ended["summaries"]
    for measure in ("utilisation", "memory", "power", "temperature"):
        assert summaries[f"system/gpu0/{measure}"]["max"] > 0, sorted(summaries)
    assert summaries["eval/accuracy"]["last"] > 0.5


def test_nothing_but_a_training_touches_the_gpu(here):
    run = here.train(max_steps=2000, eval_strategy="no", save_strategy="no", load_best_model_at_end=False)
    here.wait_for_step(run, 10)
    assert contexts() == {here.training().pid}
    here.finished(run)
    # A fork of a process with a context could not train: the next ones are forked from what has none.
    wait_for(lambda: not contexts(), "the training's process to end", 20)


def test_two_runs_never_share_the_gpu(here):
    runs = [here.train(max_steps=300) for _ in range(3)]
    ended = sorted((here.finished(run) for run in runs), key=lambda run: run["started_at"])
    for before, after in pairwise(ended):
        assert datetime.fromisoformat(after["started_at"]) >= datetime.fromisoformat(before["ended_at"])


def test_more_slots_than_gpus_are_refused(tmp_path):
    live = LiveTrainboard(tmp_path / "data", slots=2)
    live.start()
    try:
        assert live.wait(60) != 0
        assert "--share-gpu 2" in live.text
    finally:
        live.kill()


def test_runs_share_the_gpu_where_the_worker_allows_it(tmp_path):
    with LiveTrainboard(tmp_path / "data", slots=2, options=["--share-gpu", "2"]) as live:
        here = OnGpu(live)
        first, second = [here.finished(run) for run in [here.train(max_steps=2000) for _ in range(2)]]
        assert datetime.fromisoformat(second["started_at"]) < datetime.fromisoformat(first["ended_at"])


def test_too_little_memory_is_told_and_half_the_batch_goes_through(here):
    wide = {"hidden_size": 512, "num_hidden_layers": 12}
    args = {"per_device_train_batch_size": 1024, "save_strategy": "no", "load_best_model_at_end": False}
    summaries = here.finished(here.train(wide, **args))["summaries"]
    peak = summaries["system/gpu0/memory"]["max"]
    with others_take_all_but(int(0.75 * peak * GIB)):
        run = here.train(wide, **args)
        assert here.wait_for_state(run, "failed", "finished", "crashed")["state"] == "failed"
        ended = here.run(run)
        assert "CUDA out of memory" in ended["reason"], ended["reason"]
        page = here.page(f"/r/{run}")
        assert "The device's memory was too small for a step." in page
        assert "Retry with half the batch" in page
        half = {"per_device_train_batch_size": 512, "gradient_accumulation_steps": 2}
        here.finished(here.train(wide, **(args | half)))


def test_a_rehearsal_measures_the_gpu(here):
    spec = {"recipe": "digits-vit", "args": ARGS | {"max_steps": 100}}
    errand = here.ask("errands", {"kind": "rehearsal", "payload": {"spec": spec}})["id"]
    wait_for(lambda: here.ask(f"errands/{errand}")["ended_at"], "the rehearsal", 60)
    told = here.ask(f"errands/{errand}")
    assert told["state"] == "done", told
    assert told["result"]["memory"]["device"].startswith("cuda")


@pytest.mark.parametrize("setting", ["fp16", "bf16", "tf32", "torch_compile", "use_cpu"])
def test_settings_of_gpus_train(here, setting):
    run = here.train(**{setting: True}, max_steps=40, eval_steps=20, save_steps=20)
    assert here.finished(run)["environment"]["device"].startswith("cpu" if setting == "use_cpu" else "cuda")


def test_two_processes_need_two_gpus(here):
    run = here.train(launch={"processes": 2})
    assert here.run(run)["state"] == "queued"
    assert "Needs 2 device slots of one worker" in here.page("/queue")
    here.ask(f"runs/{run}/commands", {"kind": "stop"})


def test_a_run_goes_on_from_its_checkpoint(here):
    run = here.train(max_steps=20000, save_steps=200, eval_steps=200)
    here.wait_for_step(run, 400)
    here.ask(f"runs/{run}/commands", {"kind": "stop"})
    stopped = here.wait_for_state(run, "stopped", "failed")
    assert stopped["state"] == "stopped"
    here.ask(f"runs/{run}/resume", {})
    wait_for(lambda: here.run(run).get("step", 0) > stopped["step"], "a step after the stop", 60)
    here.ask(f"runs/{run}/commands", {"kind": "stop"})
    assert here.wait_for_state(run, "stopped", "failed")["state"] == "stopped"
