"""Uploads: begin, send parts, finish; list and delete."""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest
from ninja import Router, Schema
from ninja.responses import Status

from runs import uploads
from runs.models import Upload

router = Router(tags=["uploads"])


class UploadIn(Schema):
    """``size`` in bytes."""

    name: str
    size: int


class UploadOut(Schema):
    """``source`` is what a spec's data.source says for it; ``problem`` a mistake in the file, or ""."""

    id: str
    name: str
    source: str
    size: int
    sha256: str
    files: int
    problem: str
    created_at: datetime


class PartOut(Schema):
    """How many bytes are there."""

    received: int


@router.get("/uploads", response=list[UploadOut])
def list_uploads(request: HttpRequest) -> list[UploadOut]:
    """The files that are whole, the newest first."""
    return [_out(upload) for upload in uploads.listed()]


@router.post("/uploads", response={201: UploadOut})
def begin_upload(request: HttpRequest, body: UploadIn) -> Status:
    """Announce a file."""
    return Status(201, _out(uploads.begin(body.name, body.size, request.user)))


@router.put(
    "/uploads/{upload_id}",
    response=PartOut,
    openapi_extra={"requestBody": {"content": {"application/octet-stream": {}}, "required": True}},
)
def send_part(request: HttpRequest, upload_id: str, offset: int) -> Any:
    """Send bytes from ``offset`` on as the body, at most 1 MiB at a time, in order; a part may be sent again."""
    return {"received": uploads.take_part(_upload(upload_id), offset, request.body)}


@router.post("/uploads/{upload_id}/finish", response=UploadOut)
def finish_upload(request: HttpRequest, upload_id: str) -> UploadOut:
    """All parts were sent: check the size, take the checksum, unpack a zip."""
    return _out(uploads.finish(_upload(upload_id)))


@router.delete("/uploads/{upload_id}", response={204: None})
def delete_upload(request: HttpRequest, upload_id: str) -> Status:
    """Delete the file; refused while a run that has not ended needs it."""
    uploads.delete(_upload(upload_id))
    return Status(204, None)


def _upload(upload_id: str) -> Upload:
    upload = Upload.objects.filter(pk=upload_id).first()
    if upload is None:
        raise Http404("There is no such upload. It may have been deleted.")
    return upload


def _out(upload: Upload) -> UploadOut:
    return UploadOut(**{name: getattr(upload, name) for name in UploadOut.model_fields})
