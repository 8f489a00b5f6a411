"""Files that people upload: begun, sent in parts, ended, listed, deleted.

Parts keep every request small: no web process holds a file in memory, or writes one before it knows who sends it, and a
cut connection goes on where it was. See ``docs/data.md`` for the three requests.
"""

import fcntl
import hashlib
import os
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from runs.errors import UploadError
from runs.models import Run, Upload
from runs.states import ENDED
from runs.upload_archive import unpack
from runs.upload_names import ARCHIVE, safe_name
from trainer_bridge.data_files import format_of
from trainer_bridge.file_check import first_mistake

#: Bytes that stay free on the disk.
RESERVE = 512 * 1024 * 1024
#: An upload that nobody went on with for so long is given up.
ABANDONED_AFTER = timedelta(days=1)
#: Bytes of a text file that are looked through for mistakes when it has come.
LOOK_AT = 64 * 1024 * 1024
#: The file while it comes in.
_PART = ".part"


def begin(name: str, size: int, user: Any = None) -> Upload:
    """Make room for a file of ``size`` bytes. Raises UploadError, saying what to do."""
    name = safe_name(name)
    _check_size(name, size)
    owner = user if user is not None and user.is_authenticated else None
    upload = Upload.objects.create(name=name, size=size, user=owner)
    folder_of(upload).mkdir(parents=True)
    _part(upload).touch()
    return upload


def take_part(upload: Upload, offset: int, data: bytes) -> int:
    """Append ``data``, which begins at byte ``offset``; how many bytes are there now.

    A part that is there already is passed over. Raises UploadError for a gap, or more than was announced.
    """
    if upload.is_whole:
        raise UploadError(f"{upload.name} is whole already.")
    try:
        descriptor = os.open(_part(upload), os.O_RDWR)
    except FileNotFoundError:
        raise UploadError(f"{upload.name} was given up. Upload it again.") from None
    with os.fdopen(descriptor, "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        there = file.seek(0, os.SEEK_END)
        if offset > there or offset + len(data) > upload.size:
            raise UploadError(f"This part does not go on at byte {there:,} of {upload.size:,}.")
        file.write(data[there - offset :])
        upload.save(update_fields=["heard_at"])
        return max(there, offset + len(data))


def finish(upload: Upload) -> Upload:
    """The file is whole: take its checksum, unpack an archive, look for mistakes. Raises UploadError if it is not."""
    if upload.is_whole:
        return upload
    part = _part(upload)
    there = part.stat().st_size if part.exists() else 0
    if there != upload.size:
        raise UploadError(f"Only {there:,} of {upload.size:,} bytes of {upload.name} have come.")
    upload.sha256 = _sha256(part)
    try:
        upload.files = _put_in_place(upload, part)
    except UploadError:
        delete(upload)
        raise
    upload.problem = _problem(folder_of(upload) / upload.name)
    upload.save()
    return upload


def listed() -> QuerySet[Upload]:
    """The uploads that are whole, the newest first."""
    return Upload.objects.exclude(sha256="")


def delete(upload: Upload) -> None:
    """Delete the file and what is known of it. Raises UploadError while a run that has not ended needs it."""
    needs = Q(spec__data__source=upload.source) | Q(spec__data__eval_source__icontains=upload.source)
    if (run := Run.objects.exclude(state__in=ENDED).filter(needs).first()) is not None:
        raise UploadError(f"{run.name} needs {upload.name} and has not ended. Stop it first.")
    upload_id = upload.pk
    upload.delete()
    shutil.rmtree(_folder(upload_id), ignore_errors=True)


def give_up_abandoned() -> None:
    """Delete what was begun and never ended."""
    for upload in Upload.objects.filter(sha256="", heard_at__lt=timezone.now() - ABANDONED_AFTER):
        delete(upload)


def folder_of(upload: Upload) -> Path:
    """Where its files lie."""
    return _folder(upload.pk)


def _folder(upload_id: str) -> Path:
    return Path(settings.DATA_DIR) / "uploads" / upload_id


def _part(upload: Upload) -> Path:
    return folder_of(upload) / _PART


def _check_size(name: str, size: int) -> None:
    if size < 1:
        raise UploadError(f"{name} is empty.")
    if size > (most := settings.UPLOAD_LIMIT):
        raise UploadError(
            f"{name} has {size:,} bytes; the most is {most:,} (TRAINBOARD_UPLOAD_LIMIT). Put the file into a folder "
            "that may be read (TRAINBOARD_DATA_FOLDERS) and give its path instead."
        )
    free = shutil.disk_usage(settings.DATA_DIR).free
    if size > free - RESERVE:
        raise UploadError(
            f"{name} has {size:,} bytes, but the disk of the data folder has only {free:,} left."
        )


def _put_in_place(upload: Upload, part: Path) -> int:
    if not upload.name.lower().endswith(ARCHIVE):
        part.rename(part.with_name(upload.name))
        return 1
    count = unpack(part, folder_of(upload), settings.UPLOAD_LIMIT)
    part.unlink()
    return count


def _problem(file: Path) -> str:
    form = format_of([file])
    return (first_mistake(file, form, most=LOOK_AT) or "") if form and file.is_file() else ""


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
