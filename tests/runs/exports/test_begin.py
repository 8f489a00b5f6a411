"""An export from its press to its end: what is stored, refused, followed, cancelled, removed."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from runs import errand_work, errands
from runs.checkpoints.files import CheckpointRefused
from runs.checkpoints.rank import state_of
from runs.errors import ExportError
from runs.exports import begin, space
from runs.exports.options import Options, read
from runs.exports.tokens import save_token, token_of
from runs.models import Checkpoint, Errand, Export, HubToken

pytestmark = pytest.mark.django_db
TOKEN = "hf_a-secret-for-tests"


@pytest.fixture(autouse=True)
def places(settings, tmp_path, monkeypatch) -> Path:
    settings.EXPORTS_DIR = tmp_path / "exports"
    monkeypatch.setenv("TRAINBOARD_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("TRAINBOARD_DATA_FOLDERS", raising=False)
    return tmp_path


def bytes_of(export: Export) -> bytes:
    archive = begin.archive_of(export)
    data = b"".join(archive.blocks())
    archive.close()
    return data


def work(export: Export, **result: object) -> None:
    """As a worker does: claim the errand, do it with the real child's function, tell the result."""
    from trainer_bridge.errands.export import run

    claim = errand_work.claim("box")
    done = run(claim.payload, lambda text: None) | result
    errand_work.finish(claim.errand, "box", claim.attempt, done)


def test_what_only_reads_files_is_ready_at_once_and_stays_so(checkpoint, user, folder):
    export = begin.begin(checkpoint, Options(), user)
    assert (export.state, export.errand) == (Export.State.READY, "")
    before = bytes_of(export)
    assert len(before) > export.size > 0
    for path in folder.iterdir():
        path.unlink()
    assert bytes_of(export) == before


def test_on_a_disk_without_links_the_checkpoint_itself_is_read(checkpoint, user, folder, monkeypatch):
    whole = bytes_of(begin.begin(checkpoint, Options(), user))
    monkeypatch.setattr("os.link", lambda *names: (_ for _ in ()).throw(OSError("no links here")))
    export = begin.begin(checkpoint, Options(), user)
    assert bytes_of(export) == whole
    (folder / "model.safetensors").unlink()
    with pytest.raises(CheckpointRefused, match="not there any more"):
        bytes_of(export)


def test_weights_are_recast_by_a_worker(checkpoint, user):
    export = begin.begin(checkpoint, Options(dtype="float16"), user)
    assert export.state == Export.State.PREPARING
    assert begin.settle(export).state == Export.State.PREPARING
    foretold = export.size
    work(export)
    assert begin.settle(export).state == Export.State.READY
    assert export.size == foretold
    assert bytes_of(export)


def test_a_folder_on_the_server(checkpoint, user, places):
    export = begin.begin(checkpoint, Options(to="folder", folder="vit"), user)
    assert state_of(Checkpoint.objects.get()) != "exported"
    work(export)
    assert begin.settle(export).state == Export.State.SENT
    assert state_of(Checkpoint.objects.get()) == "exported"
    assert export.result["folder"] == str(places / "models" / "vit")
    assert (places / "models" / "vit" / "README.md").read_text().startswith("---")
    assert not (places / "exports" / export.pk).exists()


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("", "Name a folder"),
        ("../../etc", "outside the folders"),
        ("/etc/trainboard", "outside the folders"),
        ("uploads/../uploads/x", "models"),
        ("full", "is not empty"),
        ("v*", "wildcard"),
        ("a\0b", "cannot be used"),
    ],
)
def test_folders_that_nothing_may_be_put_into(path, sentence, places):
    (places / "models" / "full").mkdir(parents=True)
    (places / "models" / "full" / "file").touch()
    problems = read({"to": "folder", "folder": path})[1]
    if "models" in sentence:
        assert problems == {}  # a folder of that name in models/, not the uploads
    else:
        assert sentence in problems["folder"]


def test_uploads_are_no_place_for_exports(places):
    (places / "uploads" / "abcdef").mkdir(parents=True)
    assert (
        "for what people uploaded"
        in read({"to": "folder", "folder": str(places / "uploads/abcdef")})[1]["folder"]
    )


def test_what_does_not_go_together_is_told_at_its_field():
    assert read({"contents": "full", "dtype": "float16"})[1].keys() == {"dtype"}
    assert read({"contents": "full", "form": "onnx"})[1].keys() == {"form"}
    assert read({"form": "onnx", "dtype": "bfloat16"})[1].keys() == {"dtype"}
    assert read({"form": "onnx", "lora": "adapter"})[1].keys() == {"form"}
    assert "owner/name" in read({"to": "hub", "repo": "vit"})[1]["repo"]
    options, problems = read({"contents": "everything", "private": "0"})
    assert (options.contents, options.private) == ("inference", False)
    assert problems["contents"] == "“everything” is no choice here. There are: inference, full."


def test_what_does_not_fit_the_disk_is_refused_before_it_starts(checkpoint, user, monkeypatch, places):
    free = space.shutil.disk_usage(places)._replace(free=space.RESERVE + 50)
    monkeypatch.setattr(space.shutil, "disk_usage", lambda place: free)
    with pytest.raises(ExportError, match=r"needs 288 B, and the disk of .* has 64\.0 MiB free"):
        begin.begin(checkpoint, Options(dtype="float16"), user)
    with pytest.raises(ExportError, match="needs"):
        begin.begin(checkpoint, Options(to="folder", folder="vit"), user)
    assert not Export.objects.exists()
    assert not list((places / "exports").glob("*"))
    # A download of files as they are takes no space.
    assert begin.begin(checkpoint, Options(), user).state == Export.State.READY


def test_a_token_is_asked_for_and_stored_so_that_nobody_reads_it(checkpoint, user, settings):
    push = Options(to="hub", repo="my-team/vit")
    with pytest.raises(ExportError, match="needs your token") as refused:
        begin.begin(checkpoint, push, user)
    assert refused.value.field == "token"
    save_token(user, TOKEN)
    assert TOKEN not in str(HubToken.objects.values())
    export = begin.begin(checkpoint, push, user)
    stored = Errand.objects.get(pk=export.errand)
    assert TOKEN not in str(stored.payload)
    claim = errand_work.claim("box")
    assert (claim.payload["token"], claim.payload["private"]) == (TOKEN, True)
    assert "sealed" not in claim.payload
    settings.SECRET_KEY = "another one"
    with pytest.raises(ExportError, match="Type it again"):
        token_of(user)


@pytest.mark.parametrize("text", ["", "short", "two words here", "hf_ä" * 5])
def test_what_can_be_no_token_is_refused(user, text):
    with pytest.raises(ExportError, match="no token"):
        save_token(user, text)


def test_a_failure_is_told_and_leaves_nothing(checkpoint, user, places):
    export = begin.begin(checkpoint, Options(dtype="float16"), user)
    claim = errand_work.claim("box")
    errand_work.fail(claim.errand, "box", claim.attempt, "It cannot be.", "Traceback")
    begin.keep_up()
    export.refresh_from_db()
    assert (export.state, export.reason, export.details) == ("failed", "It cannot be.", "Traceback")
    assert not (places / "exports" / export.pk).exists()


def test_a_cancelled_export_ends_its_errand(checkpoint, user, places):
    export = begin.begin(checkpoint, Options(dtype="float16"), user)
    begin.cancel(export)
    assert (export.state, Errand.objects.get(pk=export.errand).state) == ("cancelled", "cancelled")
    assert not (places / "exports" / export.pk).exists()


def test_a_damaged_checkpoint_is_never_exported(checkpoint, user, folder):
    (folder / "pytorch_model.bin").write_bytes(b"pickle")
    with pytest.raises(ExportError, match="pickled weights"):
        begin.begin(checkpoint, Options(), user)


def test_what_is_old_or_nobodys_is_removed(checkpoint, user, places):
    import os

    export = begin.begin(checkpoint, Options(), user)
    left = places / "exports" / "abcdefgh"
    left.mkdir()
    begin.keep_up()
    assert left.exists()  # perhaps an export that just begins
    os.utime(left, (0, 0))
    begin.keep_up()
    assert not left.exists()
    assert (places / "exports" / export.pk).exists()
    begin.keep_up(timezone.now() + begin.KEPT + timedelta(minutes=1))
    export.refresh_from_db()
    assert export.state == Export.State.EXPIRED
    assert not (places / "exports" / export.pk).exists()


def test_exports_leave_a_workers_other_place_free_and_go_on_unseen(checkpoint, user):
    first = begin.begin(checkpoint, Options(dtype="float16"), user)
    begin.begin(checkpoint, Options(dtype="bfloat16"), user)
    short = errands.ask("preview", {"spec": {}}, user)
    assert errand_work.claim("box").errand == first.errand
    assert errand_work.claim("box").errand == short.pk
    assert errand_work.claim("box") is None
    assert errand_work.claim("other").kind == "export"
    later = timezone.now() + timedelta(hours=1)
    assert {errand.pk for errand in errands.unwanted(later)} == {short.pk}


def test_nobody_asks_for_an_export_over_the_errands_api(owner_client):
    body = {"kind": "export", "payload": {"source": "/etc", "ready": "/tmp", "files": []}}
    answer = owner_client.post("/api/v1/errands", body, content_type="application/json")
    assert answer.status_code == 422
    assert "itself" in answer.json()["error"]
    assert not Errand.objects.exists()
