"""Archives as streams: read back by other programs, the same from any byte on, open to the end."""

import io
import os
import shutil
import subprocess
import tarfile
import tracemalloc
import zipfile
from datetime import UTC, datetime

import pytest

from runs.checkpoints.files import CheckpointRefused
from runs.exports import zip_layout as zip_module
from runs.exports.archive import Archive
from runs.exports.options import Options
from runs.exports.parts import Part
from runs.exports.plan import plan_export
from runs.exports.ranges import RangeNotSatisfiable, asked_range
from runs.exports.tar_layout import tar_layout
from runs.exports.zip_layout import zip_layout
from tests.runs.checkpoints.folders import write_safetensors

MOMENT = datetime(2026, 11, 26, 7, 30, 10, tzinfo=UTC)


@pytest.fixture
def parts(tmp_path) -> list[Part]:
    (tmp_path / "weights").write_bytes(os.urandom(3_000_001))
    (tmp_path / "empty").write_bytes(b"")
    return [
        Part("model.safetensors", 3_000_001, tmp_path / "weights"),
        Part("empty", 0, tmp_path / "empty"),
        Part("adapter/ä.json", 2, data=b"{}"),
    ]


def everything(parts: list[Part], layout, start: int = 0, stop: int | None = None) -> bytes:
    archive = Archive(parts, layout, MOMENT)
    data = b"".join(archive.blocks(start, stop))
    archive.close()
    return data


def test_a_zip_is_read_by_python_and_by_unzip(parts, tmp_path):
    data = everything(parts, zip_layout)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [part.name for part in parts]
        assert archive.read("model.safetensors") == (tmp_path / "weights").read_bytes()
        assert archive.infolist()[0].date_time == (2026, 11, 26, 7, 30, 10)
    if unzip := shutil.which("unzip"):
        (tmp_path / "a.zip").write_bytes(data)
        assert (
            "No errors"
            in subprocess.run([unzip, "-t", tmp_path / "a.zip"], capture_output=True, text=True).stdout
        )


def test_a_zip_whose_sizes_need_64_bits(parts, monkeypatch):
    monkeypatch.setattr(zip_module, "_FULL32", 1000)  # as if 32 bits ended there
    data = everything(parts, zip_layout)
    archive = Archive(parts, zip_layout, MOMENT)
    assert len(data) == archive.length
    assert data.count(b"PK\x06\x06") == data.count(b"PK\x06\x07") == 1
    # Local heads with the wide field, whose descriptor is 24 bytes: the second file begins behind that.
    assert data.index(b"PK\x03\x04", 10) == data.index(b"PK\x07\x08") + 24


def test_a_tar_is_read_by_python_in_its_folder(parts, tmp_path):
    with tarfile.open(fileobj=io.BytesIO(everything(parts, tar_layout("vit-step-40")))) as archive:
        assert archive.getnames() == [f"vit-step-40/{part.name}" for part in parts]
        found = archive.extractfile("vit-step-40/model.safetensors")
        assert found.read() == (tmp_path / "weights").read_bytes()


@pytest.mark.parametrize("layout", [zip_layout, tar_layout("vit")])
def test_any_stretch_is_the_same_as_in_the_whole(parts, layout):
    whole = everything(parts, layout)
    size = len(whole)
    for start, stop in [
        (0, 1),
        (7, 60),
        (1_500_000, None),
        (size - 200, size - 3),
        (size - 1, None),
        (3_000_010, size),
    ]:
        assert everything(parts, layout, start, stop) == whole[start:stop]


def test_equal_files_have_one_etag_and_others_another(parts, tmp_path):
    def etag() -> str:
        archive = Archive(parts, zip_layout, MOMENT)
        archive.close()
        return archive.etag

    first = etag()
    assert etag() == first
    (tmp_path / "weights").write_bytes(os.urandom(3_000_001))
    assert etag() != first


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"Range": "bytes=0-9"}, (0, 10)),
        ({"Range": "bytes=90-"}, (90, 100)),
        ({"Range": "bytes=90-5000"}, (90, 100)),
        ({"Range": "bytes=-30"}, (70, 100)),
        ({"Range": "bytes=-300"}, (0, 100)),
        ({"Range": "bytes=0-9", "If-Range": '"it"'}, (0, 10)),
        ({"Range": "bytes=0-9", "If-Range": '"other"'}, None),
        ({"Range": "bytes=0-9,20-29"}, None),
        ({"Range": "bytes=9-5"}, None),
        ({"Range": "lines=1-2"}, None),
    ],
)
def test_which_stretch_is_asked_for(headers, expected):
    assert asked_range(headers, 100, '"it"') == expected


@pytest.mark.parametrize("asked", ["bytes=100-", "bytes=-0"])
def test_a_stretch_behind_the_end(asked):
    with pytest.raises(RangeNotSatisfiable):
        asked_range({"Range": asked}, 100, '"it"')


def test_deletion_during_the_download_does_not_cut_it(checkpoint, folder):
    archive = plan_export(checkpoint).archive()
    blocks = archive.blocks()
    first = next(blocks)
    for path in folder.iterdir():
        path.unlink()
    assert len(first + b"".join(blocks)) == archive.length


def test_file_that_went_before_the_download(checkpoint, folder):
    plan = plan_export(checkpoint)
    (folder / "model.safetensors").unlink()
    with pytest.raises(CheckpointRefused, match="a file went"):
        plan.archive()


def test_file_that_was_replaced_before_the_download(checkpoint, folder):
    plan = plan_export(checkpoint)
    write_safetensors(folder / "model.safetensors", 128)
    with pytest.raises(CheckpointRefused, match=r"model\.safetensors has changed its size"):
        plan.archive()


async def collected(response) -> bytes:
    return b"".join([block async for block in response.streaming_content])


async def answer(client, checkpoint, query: str = "", **headers: str):
    from asgiref.sync import sync_to_async

    response = await sync_to_async(client.get)(f"/c/{checkpoint.pk}/download{query}", headers=headers)
    return response, await collected(response) if response.streaming else response.content


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["zip", "tar"])
async def test_a_download_that_broke_off_goes_on(owner_client, checkpoint, kind):
    first, whole = await answer(owner_client, checkpoint, f"?archive={kind}")
    assert (first.status_code, first["Accept-Ranges"]) == (200, "bytes")
    rest, data = await answer(
        owner_client, checkpoint, f"?archive={kind}", range="bytes=1000-", **{"if-range": first["ETag"]}
    )
    assert rest.status_code == 206
    assert rest["Content-Range"] == f"bytes 1000-{len(whole) - 1}/{len(whole)}"
    assert whole[:1000] + data == whole
    beyond, _ = await answer(owner_client, checkpoint, range=f"bytes={len(whole) * 9}-")
    assert beyond.status_code == 416


def test_head_tells_the_length_without_reading(owner_client, checkpoint):
    response = owner_client.head(f"/c/{checkpoint.pk}/download")
    assert not response.streaming
    assert int(response["Content-Length"]) == plan_export(checkpoint).archive().length


@pytest.mark.django_db(transaction=True)
async def test_streaming_holds_a_few_blocks_in_memory(owner_client, checkpoint, folder):
    from asgiref.sync import sync_to_async

    write_safetensors(folder / "model.safetensors", 16 * 1024 * 1024)
    response = await sync_to_async(owner_client.get)(f"/c/{checkpoint.pk}/download")
    tracemalloc.start()
    total = 0
    async for block in response.streaming_content:
        total += len(block)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert total == int(response["Content-Length"]) > 64 * 1024 * 1024
    assert peak < 8 * 1024 * 1024


def test_options_choose_the_archive(checkpoint):
    assert plan_export(checkpoint, Options(archive="tar")).filename == "vit-lr-3e-4-step-40.tar"
