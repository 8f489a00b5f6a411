"""A Trainer's output folder becomes a run; what is broken or unknown is told; nothing is unpickled."""

import json
import os
import pickle
import shutil
import zipfile
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from runs import series
from runs.adopt.adopt import adopt
from runs.adopt.curves import time_at
from runs.adopt.look import AdoptError, look
from runs.adopt.pickled import Opaque, UnreadablePickle, attributes, follow
from runs.adopt.settings import recipe_of
from runs.checkpoints import retention
from runs.errors import RunError
from runs.fork import fork
from runs.launch import resume_run
from runs.models import Checkpoint, Project, Run
from runs.specs import check_spec, effective_config, spec_with
from tests.runs.checkpoints.folders import write_checkpoint

pytestmark = pytest.mark.django_db
#: Saved by transformers 5.24: max_steps 40, learning_rate 3e-4, cosine, seed 7, judged by accuracy.
ARGUMENTS = Path(__file__).with_name("training_args.bin")
BERT = {
    "architectures": ["BertForSequenceClassification"],
    "model_type": "bert",
    "transformers_version": "5.23.0",
}


def history(last: int) -> list[dict]:
    rows: list[dict] = []
    for step in range(5, last + 1, 5):
        rows.append({"loss": 1 / step, "learning_rate": 1e-4, "epoch": step / 10, "step": step})
        if step % 10 == 0:
            rows.append({"eval_accuracy": step / 100, "eval_loss": 0.5, "epoch": step / 10, "step": step})
    return rows


@pytest.fixture
def output(tmp_path, settings, monkeypatch) -> Path:
    """What a Trainer wrote: checkpoints at 10, 20 and 30 of 40 steps."""
    settings.RUNS_DIR = tmp_path / "data" / "runs"
    monkeypatch.setenv("TRAINBOARD_DATA_DIR", str(tmp_path / "data"))
    folder = tmp_path / "outputs" / "bert"
    for step in (10, 20, 30):
        saved = write_checkpoint(folder / f"checkpoint-{step}", step)
        (saved / "config.json").write_text(json.dumps(BERT))
        state = {"global_step": step, "max_steps": 40, "num_train_epochs": 4, "epoch": step / 10}
        (saved / "trainer_state.json").write_text(json.dumps(state | {"log_history": history(step)}))
        shutil.copy(ARGUMENTS, saved)
        for path in saved.iterdir():
            os.utime(path, (1.7e9 + step, 1.7e9 + step))
    return folder


@pytest.fixture
def project(db) -> Project:
    return Project.objects.create(slug="digits", name="Digits")


def test_folder_becomes_a_run_with_curves_arguments_and_checkpoints(output, project, user):
    run = adopt(project, output, user=user)
    run.refresh_from_db()
    assert (run.name, run.state, run.step, run.max_steps, run.epoch) == ("bert", "stopped", 30, 40, 3.0)
    assert (run.objective, run.greater_is_better, run.created_by) == ("eval/accuracy", True, "ada")
    assert run.spec["recipe"] == "text-classification"
    config = effective_config(run.spec)
    told = ("learning_rate", "max_steps", "seed", "lr_scheduler_type", "lr_scheduler_kwargs", "warmup_steps")
    assert [config[f"args.{name}"] for name in told] == [3e-4, 40, 7, "cosine", {"num_cycles": 0.5}, 0]
    rows = list(run.checkpoints.all())
    assert [(row.step, row.problem, row.epoch) for row in rows] == [
        (10, "", 1.0),
        (20, "", 2.0),
        (30, "", 3.0),
    ]
    assert rows[1].metrics["eval/accuracy"] == 0.2
    loss = next(iter(series.read([run.pk], ["train/loss"], x="wall", max_points=100)))
    assert loss.step.tolist() == [5, 10, 15, 20, 25, 30]
    assert loss.y.tolist() == [1 / step for step in loss.step]
    assert loss.x.tolist() == [1.7e9 + step for step in loss.step]
    assert run.environment["adopted"]["notes"] == []


def test_original_folder_is_left_as_it_is(output, project):
    before = {path: path.read_bytes() for path in output.rglob("*") if path.is_file()}
    run = adopt(project, output)
    retention.ask(list(run.checkpoints.filter(step=10)), Checkpoint.Due.DELETE, at_once=True)
    assert run.checkpoints.get(step=10).deleted_at is not None
    assert {path: path.read_bytes() for path in output.rglob("*") if path.is_file()} == before


def test_adopted_run_goes_on_once_its_data_is_named(output, project):
    run = adopt(project, output)
    assert check_spec(run.spec) == {"data.source": "Name the data to learn from."}
    with pytest.raises(RunError, match="Fork one of its checkpoints"):
        resume_run(run)
    spec = spec_with(run.spec, {"data.source": "example:character-names"})
    assert spec["model"] == {"source": "checkpoint", "name": f"{run.pk}/checkpoint-30"}
    child = fork(run.checkpoints.get(step=30), spec)
    assert (child.parent, child.forked_step, child.state) == (run, 30, "queued")


def test_without_a_recipe_for_its_model_it_can_be_cloned(output, project):
    for folder in output.iterdir():
        (folder / "config.json").write_text('{"architectures": ["Mine"]}')
    run = adopt(project, output)
    assert run.is_external
    assert run.spec["args"]["learning_rate"] == 3e-4


def test_broken_checkpoints_are_told_and_the_newest_whole_record_counts(output, project):
    (output / "checkpoint-30" / "trainer_state.json").write_text("{")
    (output / "checkpoint-20" / "model.safetensors").unlink()
    found = look(output)
    assert found.notes == [
        "checkpoint-20 is damaged: holds no weights (model.safetensors is missing).",
        "checkpoint-30 is damaged: trainer_state.json cannot be read as JSON.",
    ]
    run = adopt(project, output)
    assert (run.step, run.spec["model"]["name"]) == (20, f"{run.pk}/checkpoint-10")
    assert [bool(row.problem) for row in run.checkpoints.all()] == [False, True, True]


def test_without_arguments_the_record_tells_some(output, project):
    for folder in output.iterdir():
        (folder / "training_args.bin").unlink()
    found = look(output)
    assert found.settings.args == {"max_steps": 40, "num_train_epochs": 4}
    assert found.notes == ["There is no training_args.bin: only what trainer_state.json tells."]


def test_what_cannot_be_adopted_is_refused_with_the_reason(output, project, tmp_path):
    with pytest.raises(AdoptError, match="There is no folder"):
        look(tmp_path / "nowhere")
    with pytest.raises(AdoptError, match="holds no checkpoint-<step> folders"):
        look(tmp_path)
    adopt(project, output)
    with pytest.raises(AdoptError, match="was adopted before, as bert"):
        adopt(project, output)
    for folder in output.iterdir():
        (folder / "trainer_state.json").unlink()
    with pytest.raises(AdoptError, match=r"No checkpoint of .* has a whole trainer_state.json"):
        look(output)


def test_one_checkpoint_can_be_named(output, project):
    run = adopt(project, output / "checkpoint-20")
    assert [row.step for row in run.checkpoints.all()] == [20]


def test_command_tells_what_it_finds(output, project, capsys):
    call_command("adopt", str(output), "--look")
    assert not Run.objects.exists()
    call_command("adopt", str(output), "--project", "digits", "--name", "mine")
    said = capsys.readouterr().out
    assert "Checkpoints at steps 10, 20, 30" in said
    assert "learning_rate: 0.0003" in said
    assert Run.objects.get().name == "mine"
    with pytest.raises(CommandError, match="There is no folder"):
        call_command("adopt", "nowhere")


def test_page_and_rest_read_only_open_folders(owner_client, output, project, monkeypatch):
    url = "/p/digits/adopt"
    refused = owner_client.get(url, {"folder": str(output)})
    assert refused.status_code == 422
    assert "outside the folders that may be read" in refused.content.decode()
    assert f'value="{output}"' in refused.content.decode()
    monkeypatch.setenv("TRAINBOARD_DATA_FOLDERS", str(output.parent))
    looked = owner_client.get(url, {"folder": str(output)}).content.decode()
    assert "step 30 of 40" in looked
    assert "Adopt it" in looked
    answer = owner_client.post(url, {"folder": str(output), "name": "mine"})
    assert answer["Location"] == f"/r/{Run.objects.get(name='mine').pk}/charts"


# --- pickles that are only read ---


class Evil:
    def __reduce__(self):
        return os.system, ("touch evil-was-here",)


def test_a_call_in_a_pickle_is_never_made(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = follow(pickle.dumps({"a": 1, "b": Evil(), "c": [True, None, "x"]}))
    assert (found["a"], found["c"]) == (1, [True, None, "x"])
    assert isinstance(found["b"], Opaque)
    assert not (tmp_path / "evil-was-here").exists()


def test_real_arguments_are_read():
    found = attributes(ARGUMENTS)
    assert (found["learning_rate"], found["eval_strategy"], found["report_to"]) == (3e-4, "steps", [])
    assert isinstance(found["accelerator_config"], Opaque)


@pytest.mark.parametrize("data", [b"", b"garbage", b"\x80\x04", pickle.dumps(1)[:-1], b"(u.", b"0."])
def test_no_pickle_is_told(tmp_path, data):
    with pytest.raises(UnreadablePickle):
        follow(data)
    path = tmp_path / "training_args.bin"
    path.write_bytes(data)
    with pytest.raises(UnreadablePickle):
        attributes(path)


def test_zip_without_a_pickle_is_told(tmp_path):
    path = tmp_path / "training_args.bin"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a/version", "3")
    with pytest.raises(UnreadablePickle, match="holds no small pickle"):
        attributes(path)


@pytest.mark.parametrize(
    ("config", "recipe"),
    [
        (BERT, "text-classification"),
        (BERT | {"problem_type": "regression"}, "text-regression"),
        ({"architectures": ["GPT2LMHeadModel"]}, "causal-lm"),
        (
            {"architectures": ["Wav2Vec2ForSequenceClassification"], "model_type": "wav2vec2"},
            "audio-classification",
        ),
        ({"architectures": ["T5ForConditionalGeneration"]}, "seq2seq"),
        ({}, ""),
    ],
)
def test_recipe_of_a_model(config, recipe):
    assert recipe_of(config) == recipe


def test_times_are_on_lines_between_the_checkpoints():
    assert [time_at(step, [(10, 100.0), (20, 300.0)]) for step in (5, 10, 15, 20, 25)] == [
        0,
        100,
        200,
        300,
        400,
    ]
    assert time_at(5, [(10, 100.0)]) == 100
