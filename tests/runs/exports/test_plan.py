import io
import json
import zipfile

import pytest
from django.utils import timezone

from runs.checkpoints.files import CheckpointRefused
from runs.exports.options import Options
from runs.exports.plan import plan_export
from runs.models import Command

pytestmark = pytest.mark.django_db
INFERENCE = ["README.md", "config.json", "model.safetensors", "preprocessor_config.json", "trainboard.json"]


def unzip(export) -> zipfile.ZipFile:
    archive = export.archive()
    data = b"".join(archive.blocks())
    assert len(data) == archive.length
    opened = zipfile.ZipFile(io.BytesIO(data))
    assert opened.testzip() is None
    return opened


def test_inference_leaves_out_what_only_training_reads(checkpoint, folder):
    export = plan_export(checkpoint)
    assert export.filename == "vit-lr-3e-4-step-40.zip"
    with unzip(export) as archive:
        assert sorted(archive.namelist()) == INFERENCE
        assert {i.filename: i.file_size for i in archive.infolist()} == {p.name: p.size for p in export.files}
        assert archive.read("model.safetensors") == (folder / "model.safetensors").read_bytes()


def test_full_holds_every_file(checkpoint):
    resume = ["optimizer.pt", "rng_state.pth", "scheduler.pt", "trainer_state.json", "training_args.bin"]
    with unzip(plan_export(checkpoint, Options(contents="full"))) as archive:
        assert sorted(archive.namelist()) == sorted(INFERENCE + resume)


def test_what_people_did_up_to_the_step_goes_with_it(checkpoint):
    now = checkpoint.created_at
    did = {"run": checkpoint.run, "status": "applied", "created_by": "ada", "applied_at": now}
    rate = {"before": 1e-3, "after": 5e-4, "op": "scale", "factor": 0.5}
    Command.objects.create(
        kind="learning_rate", args={"scale": 0.5}, result=rate, step=checkpoint.step, **did
    )
    Command.objects.create(kind="save", step=checkpoint.step + 1, **did)
    with unzip(plan_export(checkpoint)) as archive:
        told = json.loads(archive.read("trainboard.json"))["commands"]
        card = archive.read("README.md").decode()
    assert [(row["kind"], row["step"], row["by"]) for row in told] == [
        ("learning_rate", checkpoint.step, "ada")
    ]
    assert f"- step {checkpoint.step}: Learning rate 1e-3 → 5e-4" in card


def test_provenance_is_json_that_every_reader_takes(checkpoint):
    def refuse(word: str) -> None:
        raise AssertionError(word)

    with unzip(plan_export(checkpoint)) as archive:
        content = json.loads(archive.read("trainboard.json"), parse_constant=refuse)
    assert content["checkpoint"]["step"] == 40
    assert content["metrics"] == {"eval/accuracy": 0.975, "eval/loss": "NaN"}
    assert content["spec"] == {"recipe": "digits-vit"}
    assert content["environment"] == {"packages": {"torch": "2.13.0"}}


def test_model_card_says_how_to_load(checkpoint):
    with unzip(plan_export(checkpoint)) as archive:
        card = archive.read("README.md").decode()
    assert 'model = AutoModelForImageClassification.from_pretrained("this folder")' in card
    assert 'processor = AutoImageProcessor.from_pretrained("this folder")' in card
    assert "| eval/accuracy | 0.975 |" in card


def test_names_cannot_put_markup_into_the_card(checkpoint):
    checkpoint.run.name = "a|b\n# <script>"
    with unzip(plan_export(checkpoint)) as archive:
        card = archive.read("README.md").decode()
    assert "# a\\|b \\# \\<script\\>" in card


def test_card_of_a_library_is_kept_beside_ours(checkpoint, folder):
    (folder / "README.md").write_text("theirs")
    with unzip(plan_export(checkpoint)) as archive:
        assert archive.read("README.original.md") == b"theirs"
        assert archive.read("README.md").startswith(b"---\nlibrary_name: transformers")


def test_damaged_checkpoint_is_refused_with_the_reason(checkpoint, folder):
    (folder / "optimizer.pt").unlink()
    with pytest.raises(CheckpointRefused, match=r"^optimizer\.pt is missing$"):
        plan_export(checkpoint)


def test_deleted_checkpoint_is_refused(checkpoint):
    checkpoint.deleted_at = timezone.now()
    with pytest.raises(CheckpointRefused, match="only the metrics are left"):
        plan_export(checkpoint)


def test_weights_in_half_the_bytes_and_config_that_says_so(checkpoint, folder):
    (folder / "config.json").write_text('{"dtype": "float32", "text_config": {"dtype": "float32"}}')
    plan = plan_export(checkpoint, Options(dtype="bfloat16"))
    files = {file.name: file for file in plan.files}
    assert [file.name for file in plan.worked] == ["model.safetensors"]
    was = plan_export(checkpoint).files
    assert files["model.safetensors"].size < next(f.size for f in was if f.name == "model.safetensors")
    assert json.loads(files["config.json"].data) == {
        "dtype": "bfloat16",
        "text_config": {"dtype": "bfloat16"},
    }
    assert not plan.is_about


def test_weights_that_are_in_that_format_are_left_alone(checkpoint):
    assert plan_export(checkpoint, Options(dtype="float32")).worked == []
