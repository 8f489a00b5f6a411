"""Uploaded files: in parts, checked, unpacked, listed, deleted."""

import hashlib
import io
import zipfile
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from runs import uploads
from runs.access import issue_api_token
from runs.errors import UploadError
from runs.models import Project, Run, Upload
from runs.upload_names import safe_name
from trainer_bridge import folders

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def data(tmp_path: Path, settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    settings.DATA_DIR = tmp_path
    monkeypatch.setenv("TRAINBOARD_DATA_DIR", str(tmp_path))
    return tmp_path


def sent(name: str, content: bytes) -> Upload:
    upload = uploads.begin(name, len(content))
    uploads.take_part(upload, 0, content)
    return uploads.finish(upload)


def zipped(files: dict[str, bytes]) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as members:
        for name, content in files.items():
            members.writestr(name, content)
    return archive.getvalue()


def test_parts_become_a_file_with_its_checksum(data: Path) -> None:
    upload = uploads.begin("reviews.csv", 12)
    assert uploads.take_part(upload, 0, b"a,b\n1") == 5
    assert uploads.take_part(upload, 2, b"b\n1,2\n") == 8  # sent again, overlapping
    with pytest.raises(UploadError, match="Only 8 of 12 bytes"):
        uploads.finish(upload)
    with pytest.raises(UploadError, match="does not go on at byte 8 of 12"):
        uploads.take_part(upload, 9, b"x")
    with pytest.raises(UploadError, match="does not go on"):
        uploads.take_part(upload, 8, b"3,4\n5")
    uploads.take_part(upload, 8, b"3,4\n")
    assert list(uploads.listed()) == []
    uploads.finish(upload)
    content = (data / "uploads" / upload.pk / "reviews.csv").read_bytes()
    assert content == b"a,b\n1,2\n3,4\n"
    assert upload.sha256 == hashlib.sha256(content).hexdigest()
    assert (list(uploads.listed()), upload.problem) == ([upload], "")
    assert folders.uploaded_problem(upload.pk) is None
    with pytest.raises(UploadError, match="whole already"):
        uploads.take_part(upload, 0, b"z")


def test_a_broken_file_is_kept_and_its_line_named() -> None:
    assert sent("a.csv", b"a,b\n1,2,3\n").problem.startswith("a.csv: line 2 has 3 cells")


def test_an_archive_is_unpacked_safely(data: Path) -> None:
    files = {"set/cat/1.png": b"x", "set/.hidden.png": b"x", "set/run.py": b"x", "__MACOSX/a.png": b"x"}
    upload = sent("pets.zip", zipped(files | {"set/metadata.csv": b"x"}))
    folder = data / "uploads" / upload.pk
    assert sorted(str(f.relative_to(folder)) for f in folder.rglob("*") if f.is_file()) == [
        "set/cat/1.png",
        "set/metadata.csv",
    ]
    assert upload.files == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (zipped({"../../secret-key.csv": b"x"}), "leads out of it"),
        (zipped({"/etc/a.csv": b"x"}), "leads out of it"),
        (zipped({"run.py": b"x"}), "no file that data is read from"),
        (zipped({"a.csv": b"0" * 3_000_000}), "larger than an upload may be"),
        (b"PK no archive", "The archive is broken"),
    ],
)
def test_a_bad_archive_leaves_nothing(data: Path, settings, content: bytes, said: str) -> None:
    settings.UPLOAD_LIMIT = 1_000_000
    with pytest.raises(UploadError, match=said):
        sent("a.zip", content)
    assert not Upload.objects.exists()
    assert list((data / "uploads").iterdir()) == []


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("../../etc/x.csv", "x.csv"),
        ("C:\\data\\a b.csv", "a b.csv"),
        ("..csv.csv", "csv.csv"),
        ("<b>\x00.csv", "_b__.csv"),
        ("é" * 300 + ".jsonl", "é" * 88 + ".jsonl"),
    ],
)
def test_names_are_made_plain(given: str, name: str) -> None:
    assert safe_name(given) == name


@pytest.mark.parametrize(
    ("name", "size", "said"),
    [
        ("a.exe", 1, "a.exe is no data file: the name must end in .csv"),
        ("a.csv", 0, "a.csv is empty."),
        ("a.csv", 10**13, "TRAINBOARD_UPLOAD_LIMIT"),
    ],
)
def test_what_cannot_be_taken_is_said_before_it_is_sent(name: str, size: int, said: str) -> None:
    with pytest.raises(UploadError, match=said):
        uploads.begin(name, size)


def test_a_full_disk_is_said(settings) -> None:
    settings.UPLOAD_LIMIT = 10**18
    with pytest.raises(UploadError, match="the disk of the data folder has only"):
        uploads.begin("a.csv", 10**17)


def test_what_a_run_needs_stays(data: Path) -> None:
    upload = sent("a.csv", b"a,b\n1,2\n")
    project = Project.objects.create(name="P", slug="p")
    run = Run.objects.create(project=project, name="reader", spec={"data": {"source": upload.source}})
    with pytest.raises(UploadError, match=r"reader needs a\.csv and has not ended"):
        uploads.delete(upload)
    Run.objects.filter(pk=run.pk).update(state="finished")
    uploads.delete(upload)
    assert list((data / "uploads").iterdir()) == []


def test_what_nobody_went_on_with_is_given_up(data: Path) -> None:
    old, new = uploads.begin("a.csv", 5), uploads.begin("b.csv", 5)
    Upload.objects.filter(pk=old.pk).update(heard_at=timezone.now() - 2 * uploads.ABANDONED_AFTER)
    uploads.give_up_abandoned()
    assert list(Upload.objects.all()) == [new]
    with pytest.raises(UploadError, match="was given up"):
        uploads.take_part(old, 0, b"x")


def test_the_whole_way_over_rest(owner: User, data: Path) -> None:
    client = Client(headers={"authorization": f"Bearer {issue_api_token(owner, 'ci', ['read', 'write'])[1]}"})
    begun = client.post("/api/v1/uploads", {"name": "a.csv", "size": 8}, "application/json").json()
    part = client.put(f"/api/v1/uploads/{begun['id']}?offset=0", b"a,b\n1,2\n", "application/octet-stream")
    assert part.json() == {"received": 8}
    done = client.post(f"/api/v1/uploads/{begun['id']}/finish").json()
    assert (done["source"], done["problem"]) == (f"upload:{begun['id']}", "")
    assert [one["id"] for one in client.get("/api/v1/uploads").json()] == [begun["id"]]
    assert client.delete(f"/api/v1/uploads/{begun['id']}").status_code == 204
    assert client.delete(f"/api/v1/uploads/{begun['id']}").status_code == 404
    refused = client.post("/api/v1/uploads", {"name": "a.exe", "size": 8}, "application/json")
    assert (refused.status_code, refused.json()["error"][:13]) == (422, "a.exe is no d")


def test_only_who_may_write_uploads(owner: User) -> None:
    body = ({"name": "a.csv", "size": 8}, "application/json")
    assert Client().post("/api/v1/uploads", *body).status_code == 401
    reader = Client(headers={"authorization": f"Bearer {issue_api_token(owner, 'ci', ['read'])[1]}"})
    assert reader.post("/api/v1/uploads", *body).status_code == 403
    page = Client(enforce_csrf_checks=True)
    page.force_login(owner)
    assert page.post("/api/v1/uploads", *body).status_code == 403  # no CSRF token
    assert not Upload.objects.exists()


@pytest.mark.parametrize("count", [1, 3])
def test_listing_takes_one_query(owner_client: Client, django_assert_max_num_queries, count: int) -> None:
    for number in range(count):
        sent(f"{number}.csv", b"a,b\n1,2\n")
    with django_assert_max_num_queries(3):  # session, user, uploads
        assert len(owner_client.get("/api/v1/uploads").json()) == count
