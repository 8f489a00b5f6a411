import json
import os
from pathlib import Path

import pytest

from runs.checkpoints.verify import problem_of
from tests.runs.checkpoints.folders import write_checkpoint, write_safetensors


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_checkpoint(tmp_path / "checkpoint-40", 40)


def cut(path: Path, keep: float = 0.5) -> None:
    os.truncate(path, int(path.stat().st_size * keep))


def test_whole_folder_has_no_problem(folder):
    assert problem_of(folder, 40) == ""


def test_folder_saved_without_optimizer_has_no_problem(tmp_path):
    assert problem_of(write_checkpoint(tmp_path / "c", 40, resume=False), 40) == ""


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("trainer_state.json", "trainer_state.json cannot be read as JSON"),
        ("config.json", "config.json cannot be read as JSON"),
        ("optimizer.pt", "optimizer.pt is cut short"),
        ("scheduler.pt", "scheduler.pt is cut short"),
        ("rng_state.pth", "rng_state.pth is cut short"),
    ],
)
def test_file_cut_in_half(folder, name, problem):
    cut(folder / name)
    assert problem_of(folder, 40) == problem


def test_weights_that_lack_one_byte(folder):
    path = folder / "model.safetensors"
    size = path.stat().st_size
    os.truncate(path, size - 1)
    assert problem_of(folder, 40) == f"model.safetensors has {size - 1:,} bytes but its header says {size:,}"


@pytest.mark.parametrize("length", [0, 4, 8, 30])
def test_weights_cut_inside_the_header(folder, length):
    os.truncate(folder / "model.safetensors", length)
    assert problem_of(folder, 40) == "the header of model.safetensors is not valid"


@pytest.mark.parametrize(
    "tensor",
    [
        {"dtype": "F32", "shape": [4], "data_offsets": [0, 8]},
        {"dtype": "F32", "shape": [4], "data_offsets": [8, 24]},
        {"dtype": "F32", "shape": "4", "data_offsets": [0]},
        [],
    ],
)
def test_weights_whose_header_contradicts_itself(folder, tensor):
    text = json.dumps({"a": tensor}).encode()
    (folder / "model.safetensors").write_bytes(len(text).to_bytes(8, "little") + text + bytes(16))
    assert problem_of(folder, 40) == "the header of model.safetensors is not valid"


@pytest.mark.parametrize("name", ["trainer_state.json", "optimizer.pt", "scheduler.pt", "rng_state.pth"])
def test_missing_file(folder, name):
    (folder / name).unlink()
    pattern = "rng_state*.pth" if name == "rng_state.pth" else name
    assert problem_of(folder, 40) == f"{pattern} is missing"


def test_empty_optimizer(folder):
    (folder / "optimizer.pt").write_bytes(b"")
    assert problem_of(folder, 40) == "optimizer.pt is empty"


def test_missing_weights(folder):
    (folder / "model.safetensors").unlink()
    assert problem_of(folder, 40) == "holds no weights (model.safetensors is missing)"


def test_pickled_weights_are_not_taken(folder):
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    assert problem_of(folder, 40) == "holds pickled weights, which Trainboard does not load"


def test_state_of_another_step(folder):
    assert problem_of(folder, 60) == "trainer_state.json is of step 40, not 60"


def test_state_that_is_no_object(folder):
    (folder / "trainer_state.json").write_text("[]")
    assert problem_of(folder, 40) == "trainer_state.json is not a JSON object"


def test_sharded_weights(folder):
    (folder / "model.safetensors").unlink()
    shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
    for shard in shards:
        write_safetensors(folder / shard)
    index = {"weight_map": {"a": shards[0], "b": shards[1]}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    assert problem_of(folder, 40) == ""
    (folder / shards[1]).unlink()
    assert problem_of(folder, 40) == f"{shards[1]} cannot be read: No such file or directory"


def test_link_is_not_followed(folder, tmp_path):
    (tmp_path / "secret").write_text("x")
    (folder / "vocab.txt").symlink_to(tmp_path / "secret")
    assert problem_of(folder, 40) == "holds a link (vocab.txt), which Trainboard does not follow"


def test_folder_that_is_not_there(tmp_path):
    assert problem_of(tmp_path / "none", 40) == "its folder is not on this machine"
