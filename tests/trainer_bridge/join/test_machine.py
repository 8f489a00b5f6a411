"""What a training runs on: GPUs through NVML or nvidia-smi, code, command."""

import os
import subprocess
import sys
from types import ModuleType, SimpleNamespace

import psutil
import pytest

from trainer_bridge import git, gpu
from trainer_bridge.facts import command_line, process_facts
from trainer_bridge.system import Rate, Sampler


@pytest.fixture
def nvml(monkeypatch):
    """Two GPUs; the second has no power sensor."""

    def power(index):
        if index:
            raise RuntimeError("NVMLError_NotSupported")
        return 250_500

    fake = ModuleType("pynvml")
    vars(fake).update(
        NVML_TEMPERATURE_GPU=0,
        nvmlInit=lambda: None,
        nvmlDeviceGetCount=lambda: 2,
        nvmlDeviceGetHandleByIndex=lambda index: index,
        nvmlDeviceGetName=lambda index: b"NVIDIA Fake",
        nvmlDeviceGetUtilizationRates=lambda index: SimpleNamespace(gpu=90 + index, memory=1),
        nvmlDeviceGetMemoryInfo=lambda index: SimpleNamespace(used=3 * 1024**3),
        nvmlDeviceGetPowerUsage=power,
        nvmlDeviceGetTemperature=lambda index, sensor: 60 + index,
    )
    monkeypatch.setitem(sys.modules, "pynvml", fake)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    return fake


def test_each_gpu_is_sampled_as_far_as_it_tells(nvml, tmp_path):
    values = Sampler([os.getpid()], tmp_path).sample()
    assert {key: value for key, value in values.items() if "gpu" in key} == {
        "system/gpu0/utilisation": 90.0,
        "system/gpu0/memory": 3.0,
        "system/gpu0/power": 250.5,
        "system/gpu0/temperature": 60.0,
        "system/gpu1/utilisation": 91.0,
        "system/gpu1/memory": 3.0,
        "system/gpu1/temperature": 61.0,
    }
    assert gpu.gpu_names() == ["NVIDIA Fake", "NVIDIA Fake"]


def test_a_rate_is_what_was_added_since_the_last_look(monkeypatch):
    now = iter([7.0, 9.0, 10.0])
    monkeypatch.setattr("trainer_bridge.system.time.monotonic", lambda: next(now))
    rate = Rate()
    assert rate.of(100.0) == 0.0
    assert rate.of(110.0) == 5.0
    assert rate.of(4.0) == 0.0  # one of the processes ended


@pytest.mark.skipif(
    not hasattr(psutil.Process, "io_counters"), reason="this system counts no bytes of a process"
)
def test_disk_and_network_are_sampled(tmp_path):
    sampler = Sampler([os.getpid()], tmp_path)
    sampler.sample()
    with open(tmp_path / "data", "wb") as file:
        file.write(bytes(2**23))
        file.flush()
        os.fsync(file.fileno())
    values = sampler.sample()
    assert values["system/disk_written"] > 0
    assert values["system/network_sent"] >= 0
    assert values["system/network_received"] >= 0
    assert values["system/disk_free"] > 0


def test_gpus_that_the_process_may_not_use_do_not_count(nvml, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    assert {key.split("/")[1] for key in gpu.gpu_reader()()} == {"gpu1"}
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert gpu.gpu_reader() is None


@pytest.fixture
def smi(monkeypatch, tmp_path):
    """nvidia-smi of a machine without pynvml."""
    program = tmp_path / "nvidia-smi"
    program.write_text(
        "#!/bin/sh\ncase $1 in *name*) echo '0, NVIDIA H1';; *total*) echo '0, 81920';; "
        "*) echo '0, 55, 2048, [N/A], 40';; esac\n"
    )
    program.chmod(0o755)
    monkeypatch.setitem(sys.modules, "pynvml", None)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


def test_nvidia_smi_stands_in_for_pynvml(smi):
    values = gpu.gpu_reader()()
    assert values == {
        "system/gpu0/utilisation": 55.0,
        "system/gpu0/memory": 2.0,
        "system/gpu0/temperature": 40.0,
    }
    assert gpu.gpu_names() == ["NVIDIA H1"]
    assert gpu.gpu_memory() == {"system/gpu0/memory": 80.0}


def test_where_the_driver_shows_no_folder_nvidia_smi_counts(smi, tmp_path):
    assert gpu.gpu_devices(tmp_path / "none") == ["0"]


def test_a_machine_without_gpu_has_no_reader(monkeypatch):
    monkeypatch.setitem(sys.modules, "pynvml", None)
    monkeypatch.setenv("PATH", "")
    assert gpu.gpu_reader() is None
    assert gpu.gpu_names() == []


@pytest.fixture
def repository(tmp_path):
    def run(*words):
        identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
        subprocess.run(["git", *identity, *words], cwd=tmp_path, check=True, capture_output=True)

    run("init", "-b", "work")
    (tmp_path / "a.py").write_text("x = 1\n")
    run("add", ".")
    run("commit", "-m", "first")
    return tmp_path


def test_commit_branch_and_changes(repository):
    clean = git.git_state(repository)
    assert (clean["branch"], clean["dirty"], clean["diff"]) == ("work", False, "")
    assert len(clean["commit"]) == 40
    (repository / "a.py").write_text("x = 2\n")
    dirty = git.git_state(repository)
    assert dirty["dirty"]
    assert "+x = 2" in dirty["diff"]


def test_a_large_difference_is_cut(repository):
    (repository / "a.py").write_text("y" * 99 + "\n" + ("z" * 99 + "\n") * 5000)
    state = git.git_state(repository)
    assert (len(state["diff"]), state["diff_cut"]) == (git.MAX_DIFF, True)


def test_outside_a_repository_nothing_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert git.git_state(tmp_path) == {}


@pytest.mark.parametrize(
    ("argv", "shown"),
    [
        (["train.py", "--lr", "1e-3"], "train.py --lr 1e-3"),
        (["train.py", "--hub_token", "hf_x", "--a"], "train.py --hub_token … --a"),
        (["train.py", "--api-key=abc"], "train.py --api-key=…"),
        (["train.py", "--token", "--b", "c"], "train.py --token --b c"),
    ],
)
def test_secrets_of_the_command_are_not_shown(argv, shown):
    assert command_line(argv) == shown


def test_facts_without_torch(tmp_path):
    code = (
        "import json, sys\n"
        "from trainer_bridge.facts import process_facts\n"
        "facts = process_facts()\n"
        "assert 'torch' not in sys.modules and 'transformers' not in sys.modules\n"
        "print(json.dumps(facts))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert '"installed": {' in done.stdout
    facts = process_facts(["train.py"], tmp_path)
    assert facts["command"] == "train.py"
    assert {"numpy", "psutil"} <= facts["installed"].keys()
    assert facts["hardware"]["cpus"] >= 1
