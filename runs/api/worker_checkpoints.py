"""Checkpoints of workers on other machines: what they shall send and take away, the parts, and what they fetch."""

from typing import Annotated

from django.http import Http404, HttpRequest, HttpResponse
from ninja import Field, Path, Router, Schema
from ninja.errors import HttpError
from ninja.responses import Status

from runs.api.auth import WORKERS
from runs.checkpoints import incoming
from runs.checkpoints.chores import chores_of, of_worker, removed
from runs.checkpoints.files import CheckpointRefused, folder_of, list_files
from runs.checkpoints.register import verify
from runs.models import Checkpoint

router = Router(tags=["workers"], auth=WORKERS)

Name = Annotated[str, Path(min_length=1, max_length=100, pattern=r"^[\w.@:+ -]+$")]
#: The most bytes of a file in one answer.
PART = 1024 * 1024


class Upload(Schema):
    """``path`` is within the folder of the run."""

    checkpoint: str
    run: str
    step: int
    path: str


class Removal(Upload):
    """``action`` "delete" or "strip" (leave the weights)."""

    action: str


class ChoresOut(Schema):
    uploads: list[Upload]
    removals: list[Removal]


class ManifestIn(Schema):
    """(name, bytes, SHA-256) of every file."""

    files: list[tuple[str, int, str]] = Field(max_length=incoming.MOST_FILES)


class There(Schema):
    """Bytes of each file that are here already."""

    received: dict[str, int]


class PartOut(Schema):
    received: int


class RemovedIn(Schema):
    action: str


class FilesOut(Schema):
    """(name, bytes, SHA-256) of every file; the checksum is "" before it was taken."""

    files: list[tuple[str, int, str]]


@router.post("/workers/{name}/chores", response=ChoresOut)
def read_chores(request: HttpRequest, name: Name) -> ChoresOut:
    """What to send here and what to take away there."""
    chores = chores_of(name)
    uploads = [_upload(row) for row in chores.uploads]
    removals = [Removal(**_upload(row).dict(), action=row.due) for row in chores.removals]
    return ChoresOut(uploads=uploads, removals=removals)


@router.post("/workers/{name}/checkpoints/{checkpoint_id}", response=There)
def begin_upload(request: HttpRequest, name: Name, checkpoint_id: str, body: ManifestIn) -> There:
    """Announce the files; the answer says where each goes on."""
    return There(received=incoming.begin(_of_worker(name, checkpoint_id), body.files))


@router.put(
    "/workers/{name}/checkpoints/{checkpoint_id}/part",
    response=PartOut,
    openapi_extra={"requestBody": {"content": {"application/octet-stream": {}}, "required": True}},
)
def send_part(request: HttpRequest, name: Name, checkpoint_id: str, file: str, offset: int) -> PartOut:
    """Bytes of a file from ``offset`` on, at most 1 MiB; a part may be sent again."""
    checkpoint = _of_worker(name, checkpoint_id)
    return PartOut(received=incoming.take_part(checkpoint, file, offset, request.body))


@router.post("/workers/{name}/checkpoints/{checkpoint_id}/finish", response={204: None})
def finish_upload(request: HttpRequest, name: Name, checkpoint_id: str) -> Status:
    """Everything was sent; the checksums are compared soon."""
    incoming.finish(_of_worker(name, checkpoint_id))
    return Status(204, None)


@router.post("/workers/{name}/checkpoints/{checkpoint_id}/removed", response={204: None})
def tell_removed(request: HttpRequest, name: Name, checkpoint_id: str, body: RemovedIn) -> Status:
    """The worker has taken away what was due."""
    removed(_of_worker(name, checkpoint_id), body.action)
    return Status(204, None)


@router.get("/workers/{name}/runs/{run_id}/checkpoint", response=FilesOut)
def list_run_files(request: HttpRequest, name: Name, run_id: str, path: str) -> FilesOut:
    """The files of a checkpoint here that an attempt of this worker goes on from."""
    checkpoint = _claimed(name, run_id, path)
    sums = checkpoint.sha256
    files = [(file, size, sums.get(file, "")) for file, size in list_files(folder_of(checkpoint))]
    return FilesOut(files=files)


@router.get("/workers/{name}/runs/{run_id}/checkpoint/part", response={200: None})
def read_part(
    request: HttpRequest, name: Name, run_id: str, path: str, file: str, offset: int
) -> HttpResponse:
    """At most 1 MiB of one of them, from ``offset`` on."""
    folder = folder_of(_claimed(name, run_id, path))
    if file not in {known for known, _ in list_files(folder)} or offset < 0:
        raise Http404("There is no such file.")
    with (folder / file).open("rb") as opened:
        opened.seek(offset)
        return HttpResponse(opened.read(PART), content_type="application/octet-stream")


def _of_worker(worker: str, checkpoint_id: str) -> Checkpoint:
    try:
        return of_worker(worker, checkpoint_id)
    except CheckpointRefused as refused:
        raise HttpError(409, f"This checkpoint is refused: {refused}.") from refused


def _claimed(worker: str, run_id: str, path: str) -> Checkpoint:
    """A whole checkpoint of a run of which this worker has an attempt."""
    rows = Checkpoint.objects.filter(run=run_id, path=path, deleted_at=None, run__attempts__worker=worker)
    found = rows.select_related("run").first()
    if found is None or verify(found):
        raise Http404("There is no whole checkpoint at this path that this worker goes on from.")
    return found


def _upload(row: Checkpoint) -> Upload:
    return Upload(checkpoint=row.pk, run=row.run_id, step=row.step, path=row.path)
