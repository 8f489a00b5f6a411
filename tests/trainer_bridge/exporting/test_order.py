"""What an export's child process does: files made, put into a folder, pushed to a stand-in for the Hub."""

import json
from pathlib import Path

import pytest

from tests.runs.checkpoints.folders import write_checkpoint
from tests.trainer_bridge.exporting.hub import HubStandIn
from trainer_bridge.errands.export import run
from trainer_bridge.exporting.recast import number_formats

TOKEN = "hf_a-secret-for-tests"
FILES = [["config.json", "config.json", "take"], ["model.safetensors", "model.safetensors", "take"]]


@pytest.fixture
def order(tmp_path) -> dict[str, object]:
    """An order for a small checkpoint with a card that is made already."""
    ready = tmp_path / "ready"
    ready.mkdir()
    (ready / "README.md").write_text("---\ntags: [trainboard]\n---\n# card")
    return {
        "source": str(write_checkpoint(tmp_path / "checkpoint-40", 40)),
        "ready": str(ready),
        "files": [*FILES, ["README.md", "", "made"]],
    }


@pytest.fixture
def data_dir(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("TRAINBOARD_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def hub(monkeypatch):
    import huggingface_hub.constants

    stand_in = HubStandIn(TOKEN)
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", stand_in.url)
    # Its storage for large files speaks a protocol of its own, whose client needs the real one.
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    yield stand_in
    stand_in.close()


def push(order, **fields):
    told: list[str] = []
    fields = {"to": "hub", "repo": "my-team/vit", "token": TOKEN, **fields}
    return run({**order, **fields}, told.append), told


def test_weights_are_recast_and_the_real_files_are_told(order):
    pytest.importorskip("torch")
    files = [["config.json", "config.json", "take"], ["model.safetensors", "model.safetensors", "recast"]]
    told: list[str] = []
    result = run({**order, "files": files, "dtype": "float16"}, told.append)
    made = Path(order["ready"]) / "model.safetensors"
    assert number_formats(made) == {"float16"}
    assert dict(result["files"])["model.safetensors"] == made.stat().st_size
    assert told[-1] == "writing weights as float16, 100 % of 288 B"


def test_a_folder_is_there_only_when_it_is_whole(order, data_dir):
    result = run({**order, "to": "folder", "folder": "vit-40"}, lambda text: None)
    folder = data_dir / "models" / "vit-40"
    assert result["folder"] == str(folder)
    assert sorted(path.name for path in folder.iterdir()) == ["README.md", "config.json", "model.safetensors"]
    assert [path.name for path in folder.parent.iterdir()] == ["vit-40"]
    with pytest.raises(FileExistsError, match="is not empty"):
        run({**order, "to": "folder", "folder": "vit-40"}, lambda text: None)


def test_a_copy_that_fails_leaves_nothing(order, data_dir):
    missing = [*order["files"], ["gone.json", "gone.json", "take"]]
    with pytest.raises(FileNotFoundError):
        run({**order, "files": missing, "to": "folder", "folder": "vit"}, lambda text: None)
    assert not (data_dir / "models" / "vit").exists()


def test_a_folder_outside_is_refused_by_the_child_too(order, data_dir, tmp_path):
    with pytest.raises(PermissionError, match="outside the folders"):
        run({**order, "to": "folder", "folder": str(tmp_path / "elsewhere")}, lambda text: None)


def test_a_worker_with_another_data_folder_says_so(order, tmp_path):
    with pytest.raises(RuntimeError, match="keeps another data folder"):
        run({**order, "source": str(tmp_path / "not-here")}, lambda text: None)


def test_a_push_makes_a_private_repository_of_all_files(order, hub):
    result, told = push(order)
    assert result["url"] == f"{hub.url}/my-team/vit"
    repo = hub.repos["my-team/vit"]
    assert repo["private"] is True
    assert repo["files"]["model.safetensors"] == (Path(order["source"]) / "model.safetensors").read_bytes()
    assert sorted(repo["files"]) == ["README.md", "config.json", "model.safetensors"]
    assert told[-1].startswith("pushing to my-team/vit, 100 %")


def test_what_the_hub_has_is_not_sent_again(order, hub):
    push(order)
    before = sum(line.startswith("PUT") for line in hub.asked)
    push(order)
    assert before == sum(line.startswith("PUT") for line in hub.asked) == 1


def test_a_private_push_into_a_public_repository_is_refused(order, hub):
    push(order, private=False)
    files = dict(hub.repos["my-team/vit"]["files"])
    (Path(order["ready"]) / "README.md").write_text("# secret")
    with pytest.raises(RuntimeError, match="there already and public"):
        push(order)
    assert hub.repos["my-team/vit"]["files"] == files


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"token": "hf_not-this-one"}, "does not know this token"),
        ({"repo": "others/vit"}, "may not write to others/vit"),
    ],
)
def test_a_refusal_is_told_without_the_token(order, hub, fields, sentence):
    with pytest.raises(RuntimeError, match=sentence) as refused:
        push(order, **fields)
    assert refused.value.__suppress_context__
    assert "hf_" not in str(refused.value)


def test_a_hub_that_cannot_be_reached(order, hub):
    hub.close()
    with pytest.raises(RuntimeError, match=r"The push to http://127\.0\.0\.1:\d+ broke off"):
        push(order)


def test_an_order_does_not_show_its_token(order):
    from trainer_bridge.exporting.order import Order

    assert TOKEN not in repr(Order(**order, token=TOKEN))
    assert json.loads(json.dumps(order)) == order
