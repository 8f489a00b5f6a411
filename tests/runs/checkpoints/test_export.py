import io
import json
import tracemalloc
import zipfile

import pytest
from django.utils import timezone

from runs.checkpoints.download import zip_response
from runs.checkpoints.export import Export, OpenZip, plan_export
from runs.checkpoints.files import CheckpointRefused
from runs.checkpoints.register import register
from runs.models import Checkpoint, Command
from tests.runs.checkpoints.folders import event, new_run, write_checkpoint, write_safetensors

pytestmark = pytest.mark.django_db
INFERENCE = ["README.md", "config.json", "model.safetensors", "preprocessor_config.json", "trainboard.json"]


@pytest.fixture
def checkpoint(runs_dir) -> Checkpoint:
    run = new_run(name="vit lr/3e-4", environment={"packages": {"torch": "2.13.0"}})
    write_checkpoint(runs_dir / run.pk / "checkpoints" / "checkpoint-40", 40)
    return register(run.pk, 1, event(40, metrics={"eval/accuracy": 0.975, "eval/loss": float("nan")}))


def unzip(export) -> zipfile.ZipFile:
    archive = OpenZip(export)
    data = b"".join(archive.blocks())
    assert len(data) == archive.length
    opened = zipfile.ZipFile(io.BytesIO(data))
    assert opened.testzip() is None
    return opened


def test_inference_leaves_out_what_only_training_reads(checkpoint, runs_dir):
    export = plan_export(checkpoint)
    assert export.filename == "vit-lr-3e-4-step-40.zip"
    with unzip(export) as archive:
        assert sorted(archive.namelist()) == INFERENCE
        assert {i.filename: i.file_size for i in archive.infolist()} == {p.name: p.size for p in export.parts}
        folder = runs_dir / checkpoint.run_id / checkpoint.path
        assert archive.read("model.safetensors") == (folder / "model.safetensors").read_bytes()


def test_full_holds_every_file(checkpoint):
    resume = ["optimizer.pt", "rng_state.pth", "scheduler.pt", "trainer_state.json", "training_args.bin"]
    with unzip(plan_export(checkpoint, "full")) as archive:
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


def test_card_of_a_library_is_kept_beside_ours(checkpoint, runs_dir):
    (runs_dir / checkpoint.run_id / checkpoint.path / "README.md").write_text("theirs")
    with unzip(plan_export(checkpoint)) as archive:
        assert archive.read("README.original.md") == b"theirs"
        assert archive.read("README.md").startswith(b"---\nlibrary_name: transformers")


def test_damaged_checkpoint_is_refused_with_the_reason(checkpoint, runs_dir):
    (runs_dir / checkpoint.run_id / checkpoint.path / "optimizer.pt").unlink()
    with pytest.raises(CheckpointRefused, match=r"^optimizer\.pt is missing$"):
        plan_export(checkpoint)


def test_deleted_checkpoint_is_refused(checkpoint):
    checkpoint.deleted_at = timezone.now()
    with pytest.raises(CheckpointRefused, match="only the metrics are left"):
        plan_export(checkpoint)


def test_deletion_during_the_download_does_not_cut_it(checkpoint, runs_dir):
    archive = OpenZip(plan_export(checkpoint))
    blocks = archive.blocks()
    first = next(blocks)
    for path in (runs_dir / checkpoint.run_id / checkpoint.path).iterdir():
        path.unlink()
    assert len(first + b"".join(blocks)) == archive.length


def test_file_that_went_before_the_download(checkpoint, runs_dir):
    export = plan_export(checkpoint)
    (runs_dir / checkpoint.run_id / checkpoint.path / "model.safetensors").unlink()
    with pytest.raises(CheckpointRefused, match="a file went"):
        OpenZip(export)


@pytest.fixture
def large_export(checkpoint, runs_dir) -> Export:
    path = runs_dir / checkpoint.run_id / checkpoint.path / "model.safetensors"
    write_safetensors(path, 16 * 1024 * 1024)
    return plan_export(checkpoint)


async def test_streaming_holds_a_few_blocks_in_memory(large_export):
    response = zip_response(large_export)
    tracemalloc.start()
    total = 0
    async for block in response.streaming_content:
        total += len(block)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert total == int(response["Content-Length"]) > 64 * 1024 * 1024
    assert peak < 8 * 1024 * 1024
