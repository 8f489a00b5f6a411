"""Unpacks an uploaded zip: nothing gets out of its folder, nothing grows beyond the limit that was set."""

import zipfile
from pathlib import Path

from runs.errors import UploadError
from runs.upload_names import safe_member

MOST_FILES = 200_000
_BLOCK = 1024 * 1024


def unpack(archive: Path, folder: Path, most_bytes: int) -> int:
    """Put the data files of a zip into ``folder``; how many. Raises UploadError for one that is broken or too large."""
    try:
        with zipfile.ZipFile(archive) as members:
            return _unpack(members, folder, most_bytes)
    except (zipfile.BadZipFile, NotImplementedError, EOFError) as error:
        raise UploadError(f"The archive is broken: {error}.") from None
    except RuntimeError:
        raise UploadError("The archive is encrypted. Upload one without a password.") from None


def _unpack(members: zipfile.ZipFile, folder: Path, most_bytes: int) -> int:
    chosen = [(info, path) for info in members.infolist() if (path := safe_member(info.filename))]
    if not chosen:
        raise UploadError("The archive holds no file that data is read from.")
    if len(chosen) > MOST_FILES:
        raise UploadError(f"The archive holds {len(chosen):,} files; the most is {MOST_FILES:,}.")
    left = most_bytes
    for info, path in chosen:
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        left = _copy(members, info, target, left)
    return len(chosen)


def _copy(members: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path, left: int) -> int:
    """What an archive says of its sizes may be wrong: bytes are counted as they come out."""
    with members.open(info) as source, target.open("wb") as file:
        while block := source.read(_BLOCK):
            left -= len(block)
            if left < 0:
                raise UploadError(
                    "Unpacked, the archive is larger than an upload may be (TRAINBOARD_UPLOAD_LIMIT)."
                )
            file.write(block)
    return left
