"""``trainboard export``: the best checkpoint from a terminal, and what is said where it cannot be."""

import io
import tarfile
import zipfile
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from dashboard.command_line import main
from runs.checkpoints.register import register
from tests.runs.checkpoints.folders import event, new_run, write_checkpoint
from tests.trainer_bridge.exporting.hub import HubStandIn

pytestmark = pytest.mark.django_db
TOKEN = "hf_a-secret-for-tests"


@pytest.fixture(autouse=True)
def saved(settings, tmp_path, monkeypatch) -> None:
    """Two runs of the project "digits"; the second has the better accuracy, the first the better loss."""
    settings.RUNS_DIR, settings.EXPORTS_DIR = tmp_path / "runs", tmp_path / "exports"
    monkeypatch.setenv("TRAINBOARD_DATA_DIR", str(tmp_path))
    for name, accuracy, loss in (("worse", 0.8, 0.1), ("better", 0.9, 0.2)):
        run = new_run(name=name)
        write_checkpoint(tmp_path / "runs" / run.pk / "checkpoints" / "checkpoint-40", 40)
        register(run.pk, 1, event(40, metrics={"eval/accuracy": accuracy, "eval/loss": loss}))


def export(*words: str) -> tuple[str, str]:
    """(what it printed, what it told)."""
    out, told = io.StringIO(), io.StringIO()
    call_command("export", *words, stdout=out, stderr=told)
    return out.getvalue().strip(), told.getvalue()


def best(*words: str) -> tuple[str, str]:
    return export("best", "--project", "digits", *words)


def test_the_best_of_a_project_as_a_zip(tmp_path):
    printed, told = best("--metric", "eval/accuracy", "--to", str(tmp_path / "m.zip"))
    assert printed == str(tmp_path / "m.zip")
    assert told.startswith("better (")
    with zipfile.ZipFile(tmp_path / "m.zip") as archive:
        assert archive.testzip() is None
        assert {"README.md", "config.json", "model.safetensors"} <= set(archive.namelist())
    assert list((tmp_path / "exports").iterdir()) == []


def test_a_metric_has_its_direction_and_a_tar_its_folder(tmp_path):
    _, told = best("--metric", "eval/loss", "--contents", "full", "--to", str(tmp_path / "m.tar"))
    assert told.startswith("worse (")
    with tarfile.open(tmp_path / "m.tar") as archive:
        assert "m/optimizer.pt" in archive.getnames()


def test_a_folder_anywhere(tmp_path):
    best("--to", str(tmp_path / "somewhere" / "model"))
    assert (tmp_path / "somewhere" / "model" / "config.json").exists()
    with pytest.raises(CommandError, match="is not empty"):
        best("--to", str(tmp_path / "somewhere" / "model"))


def test_a_push_takes_the_token_of_the_environment(monkeypatch):
    import huggingface_hub.constants

    with pytest.raises(CommandError, match="HF_TOKEN"):
        best("--to", "hub:my-team/vit")
    hub = HubStandIn(TOKEN)
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", hub.url)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    printed, told = best("--to", "hub:my-team/vit")
    hub.close()
    assert printed == f"{hub.url}/my-team/vit"
    assert TOKEN not in told
    assert hub.repos["my-team/vit"]["private"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["best", "--to", "m.zip"], "--project, --sweep or --run"),
        (["best", "--project", "none", "--to", "m.zip"], "There is no project “none”"),
        (["best", "--project", "digits", "--metric", "eval/f1", "--to", "m.zip"], "no complete checkpoint"),
        (["abc", "--to", "m.zip"], "There is no checkpoint abc"),
        (["best", "--project", "digits", "--to", "hub:vit"], "owner/name"),
        (
            ["best", "--project", "digits", "--contents", "full", "--dtype", "float16", "--to", "m.zip"],
            "goes on exactly",
        ),
    ],
)
def test_what_cannot_be_is_a_sentence(words, sentence, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CommandError, match=sentence):
        export(*words)


def test_a_file_that_is_there_stays(tmp_path):
    Path(tmp_path / "m.zip").write_text("mine")
    with pytest.raises(CommandError, match="is there already"):
        best("--to", str(tmp_path / "m.zip"))
    assert (tmp_path / "m.zip").read_text() == "mine"


def test_trainboard_is_the_command_line(monkeypatch):
    """Django's own command line sets logging up anew, which closes what other tests hold: it is only looked at here."""
    asked = []
    monkeypatch.setattr("django.core.management.execute_from_command_line", asked.append)
    assert main(["export", "best", "--project", "digits"]) == 0
    assert asked == [["trainboard", "export", "best", "--project", "digits"]]
