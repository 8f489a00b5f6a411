"""What an uploaded file may be called: a plain name of a kind that can be read."""

import re
from pathlib import PurePosixPath

from runs.errors import UploadError
from trainer_bridge.data_files import ENDINGS

ARCHIVE = ".zip"
LONGEST = 100
#: Files beside images and sounds that say more about them.
_METADATA = (".csv", ".jsonl", ".parquet")
_UNSAFE = re.compile(r"[^\w.() -]")


def safe_name(given: str) -> str:
    """The last part of a name, its unusual signs replaced. Raises UploadError for a kind that nothing reads."""
    name = _plain(given.replace("\\", "/").rpartition("/")[2])
    if not is_readable(name) and not name.lower().endswith(ARCHIVE):
        known = ", ".join(ending for endings in ENDINGS.values() for ending in endings)
        raise UploadError(f"{name} is no data file: the name must end in {known} or {ARCHIVE}.")
    return name


def safe_member(given: str) -> PurePosixPath | None:
    """Where a file of an archive is put; None for what is not taken: folders, hidden files, what nothing reads.

    Raises UploadError for one that would lead out of the archive.
    """
    path = PurePosixPath(given.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
        raise UploadError(f"The archive holds a path that leads out of it: {given[:100]}.")
    is_hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts)
    if given.endswith("/") or is_hidden or not is_readable(path.name):
        return None
    return PurePosixPath(*[_plain(part) for part in path.parts])


def is_readable(name: str) -> bool:
    """Whether a name ends like a file that data is read from."""
    ending = PurePosixPath(name.lower()).suffix
    return ending in _METADATA or any(ending in endings for endings in ENDINGS.values())


def _plain(part: str) -> str:
    """A name without control signs, separators and leading dots, not too long, its ending kept."""
    name = _UNSAFE.sub("_", part).lstrip(". ").rstrip(". ") or "data"
    stem, dot, ending = name.rpartition(".")
    return name if len(name) <= LONGEST else f"{(stem or name)[: LONGEST - 12]}{dot}{ending[:11]}"
