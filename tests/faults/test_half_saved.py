"""kill -9 at each file of a checkpoint's save: what is half there is told from what is whole, and passed over."""

import json
from dataclasses import replace

import pytest

from runs.checkpoints.verify import problem_of
from tests.trainer_bridge.supervised import Supervised
from trainer_bridge.protocol import Checkpoint, Exit, Metrics

#: Two trainings for each file.
pytestmark = [pytest.mark.slow_faults, pytest.mark.training]

#: The Trainer's order; trainer_state.json is the last.
FILES = (
    "config.json",
    "model.safetensors",
    "training_args.bin",
    "optimizer.pt",
    "scheduler.pt",
    "rng_state.pth",
    "trainer_state.json",
)
#: A recipe whose process is killed the moment the file is there in the second checkpoint, before it is whole.
RECIPE = """
import os, signal, sys
from pathlib import Path
from transformers import Trainer
from trainer_bridge.recipes import recipe
from trainer_bridge.recipes.digits import digits_vit

@recipe(arguments={"max_steps": 4})
def killed_digits(*, file: str = "none"):
    save = Trainer._save_checkpoint
    def save_and_die(self, *args, **kwargs):
        if self.state.global_step == 4:
            doomed = Path(self.args.output_dir, "checkpoint-4", file)
            sys.setprofile(lambda frame, event, arg: doomed.exists() and os.kill(os.getpid(), signal.SIGKILL))
        return save(self, *args, **kwargs)
    Trainer._save_checkpoint = save_and_die
    return digits_vit.build(hidden_size=16, num_hidden_layers=1, dropout=0.0, seed=1)
"""
ARGS = {
    "max_steps": 4,
    "logging_steps": 1,
    "save_strategy": "steps",
    "save_steps": 2,
    "eval_strategy": "no",
    "load_best_model_at_end": False,
}


@pytest.fixture
def killed_at(job_for, tmp_path):
    """killed_at(file, …) → the job of a training that is killed there, "none" for one that is not."""
    for name in ("recipes", "scripts"):
        (tmp_path / name).mkdir()
    (tmp_path / "recipes" / "killed.py").write_text(RECIPE)
    folders = {f"{name}_dir": str(tmp_path / name) for name in ("recipes", "scripts")}

    def job(file, **attempt):
        spec = {"recipe": "killed-digits", "params": {"file": file}, "args": ARGS}
        return replace(job_for(**attempt), spec=spec, **folders)

    return job


@pytest.mark.parametrize("file", FILES)
def test_a_save_cut_off_at_any_file_is_recognised_and_the_run_goes_on_from_the_one_before(
    server, launcher, killed_at, file
):
    job = killed_at(file)
    assert Supervised(job, launcher).end(60)
    assert [(exit.outcome, exit.signal) for exit in server.of(Exit)] == [("failed", 9)]
    half, whole = (job.paths.checkpoints / f"checkpoint-{step}" for step in (4, 2))
    assert (half / file).exists()
    assert problem_of(half, 4)
    assert problem_of(whole, 2) == ""
    assert [(event.step, event.kept) for event in server.of(Checkpoint)] == [(2, [2])]
    again = killed_at("none", attempt=2, resume_from=server.of(Checkpoint)[0].path)
    assert Supervised(again, launcher).end(60)
    assert (server.of(Exit)[-1].outcome, server.of(Exit)[-1].error) == ("finished", "")
    second = [event for event in server.events["run1", 2, "trainer"] if isinstance(event, Metrics)]
    assert [event.step for event in second if "train/loss" in event.values] == [3, 4]
    assert problem_of(half, 4) == ""
    assert json.loads((half / "trainer_state.json").read_text())["global_step"] == 4
