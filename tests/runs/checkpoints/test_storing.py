"""Checkpoints in a storage besides: copied once they are known to be right, brought back, deleted there as well."""

import shutil

import pytest
from django.core.files.storage import storages

from runs.checkpoints import checking, retention, storing
from runs.checkpoints.rank import state_of
from runs.checkpoints.register import register, verify
from runs.exports.options import Options
from runs.exports.plan import plan_export
from runs.fork import fork
from runs.models import Checkpoint
from runs.states import State
from tests.runs.checkpoints.folders import event, new_run, write_checkpoint

pytestmark = pytest.mark.django_db


def use(settings, backend: str, **options) -> None:
    settings.STORAGES = settings.STORAGES | {"checkpoints": {"BACKEND": backend, "OPTIONS": options}}


@pytest.fixture
def folder(settings, tmp_path):
    """A folder as the storage."""
    use(settings, "django.core.files.storage.FileSystemStorage", location=str(tmp_path / "storage"))
    return tmp_path / "storage"


@pytest.fixture
def bucket(settings, monkeypatch):
    """A bucket of a real S3-compatible server on this machine (moto's), through django-storages."""
    from moto.server import ThreadedMotoServer

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    options = {
        "bucket_name": "checkpoints",
        "endpoint_url": f"http://{host}:{port}",
        "region_name": "us-east-1",
    }
    use(settings, "storages.backends.s3.S3Storage", **options, location="trainboard", file_overwrite=True)
    storages["checkpoints"].connection.create_bucket(Bucket="checkpoints")
    yield
    server.stop()


@pytest.fixture
def saved(runs_dir):
    """saved(step) → a checkpoint whose checksums are known."""
    run = new_run(state=State.FINISHED)

    def make(step=10):
        write_checkpoint(runs_dir / run.pk / "checkpoints" / f"checkpoint-{step}", step, weights=50_000)
        row = register(run.pk, 1, event(step, metrics={"eval/accuracy": 0.5}))
        checking.check(row)
        return again(row)

    return make


def again(row: Checkpoint) -> Checkpoint:
    return Checkpoint.objects.select_related("run__project").get(pk=row.pk)


def the_whole_way(row: Checkpoint, runs_dir) -> None:
    """Stored, lost here, brought back, exported, forked, deleted at both ends."""
    place, folder = storing.storage(), runs_dir / row.run_id / row.path
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert storing.store_next()
    assert not storing.store_next()
    assert again(row).stored_at
    shutil.rmtree(folder)
    assert verify(again(row)) == "is in the storage, not on this machine: bring it here first"
    assert state_of(again(row)) == "stored"
    checking.ask_for_check(row)
    checking.check_next()
    found = again(row)
    assert (found.problem, state_of(found)) == ("", "verified")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert plan_export(found, Options()).size > 0
    fork(found, found.run.spec).delete()
    retention.ask([found], Checkpoint.Due.DELETE, at_once=True)
    assert not any(place.exists(storing.key_of(row, name)) for name in before)


def test_a_folder_as_the_storage(folder, saved, runs_dir):
    the_whole_way(saved(), runs_dir)


@pytest.mark.slow
def test_an_s3_compatible_server_as_the_storage(bucket, saved, runs_dir):
    the_whole_way(saved(), runs_dir)


def test_what_changed_in_the_storage_is_told_and_not_taken(folder, saved, runs_dir):
    row = saved()
    storing.store_next()
    shutil.rmtree(runs_dir / row.run_id / row.path)
    stored = folder / storing.key_of(row, "model.safetensors")
    stored.write_bytes(stored.read_bytes()[:-1] + b"\1")
    checking.ask_for_check(row)
    checking.check_next()
    assert again(row).problem == "model.safetensors in the storage is not what was saved"
    assert not (runs_dir / row.run_id / row.path).exists()


def test_stripped_in_the_storage_as_well(folder, saved):
    row = saved()
    saved(20)
    while storing.store_next():
        pass
    retention.ask([again(row)], Checkpoint.Due.STRIP, at_once=True)
    kept = {path.name for path in (folder / row.run_id / "10").iterdir()}
    assert "model.safetensors" in kept
    assert "optimizer.pt" not in kept


def test_without_a_storage_nothing_is_copied(saved):
    saved()
    assert storing.storage() is None
    assert not storing.store_next()
