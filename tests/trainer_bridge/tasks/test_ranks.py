"""A step on two ranks is the step on one, whatever recipe."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.live import PROJECT
from tests.trainer_bridge.tasks.test_accumulation import ONE_STEP, one_step
from tests.trainer_bridge.tasks.tiny import spec
from trainer_bridge.recipes import catalog

#: Two processes that import torch anew take long.
pytestmark = [pytest.mark.training, pytest.mark.slow_faults]

NAMES = tuple(catalog())
RANK = """
import json, sys
from pathlib import Path
from tests.trainer_bridge.tasks.test_accumulation import one_step
from transformers import TrainingArguments

found = {}
for name, spec in json.loads(Path(sys.argv[1]).read_text()).items():
    log, weights = one_step(spec, Path(sys.argv[1]).parent / "ranks")
    found[name] = [log["loss"], log["grad_norm"], float(sum(w.double().abs().sum() for w in weights.values()))]
if TrainingArguments(output_dir="x", use_cpu=True).process_index == 0:
    print("FOUND", json.dumps(found))
"""


def test_a_step_on_two_ranks_is_the_step_on_one(data_folder: Path) -> None:
    halves = {name: spec(name, data_folder, **ONE_STEP, per_device_train_batch_size=8) for name in NAMES}
    (data_folder / "specs.json").write_text(json.dumps(halves))
    (data_folder / "rank.py").write_text(RANK)
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    run = [*launch, data_folder / "rank.py", data_folder / "specs.json"]
    # The script lies elsewhere, and the tests are no installed package.
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    done = subprocess.run(run, capture_output=True, text=True, timeout=600, env=environment)
    assert done.returncode == 0, done.stderr
    output = done.stdout
    found = json.loads(output.split("FOUND ")[1].splitlines()[0])
    for name in NAMES:
        log, weights = one_step(
            spec(name, data_folder, **ONE_STEP, per_device_train_batch_size=16), data_folder / "one"
        )
        size = float(sum(weight.double().abs().sum() for weight in weights.values()))
        assert found[name] == pytest.approx([log["loss"], log["grad_norm"], size], rel=1e-3), name
