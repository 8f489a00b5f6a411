"""Where data lies, as a person names it in one line: an example, an upload, files or a dataset of the hub.

No training library is imported here: the web process checks what is typed.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from trainer_bridge import folders

Kind = Literal["example", "upload", "files", "hub"]

#: "imdb", "nyu-mll/glue": what the hub allows in a name.
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")
_LOOKS_LIKE_A_FILE = re.compile(
    r"^[/~.]|[*?\[,\\]|\.(csv|tsv|tab|jsonl?|ndjson|parquet|arrow|txt)$", re.IGNORECASE
)


@dataclass(frozen=True)
class Source:
    """``place``: an example's name, an upload's id, paths separated by commas, or a hub id."""

    kind: Kind
    place: str

    @property
    def paths(self) -> list[str]:
        """The files, folders and patterns of a source of kind "files", in the order given."""
        whole = self.place
        parts = [whole] if Path(whole).exists() else whole.split(",")
        return [part.strip() for part in parts if part.strip()]


def parse(text: str) -> Source:
    """Read "example:<name>", "upload:<id>", paths, or a hub id. Raises ValueError with a sentence."""
    text = text.strip()
    word, colon, rest = text.partition(":")
    if colon and word in ("example", "upload"):
        return Source("example" if word == "example" else "upload", rest.strip())
    if _LOOKS_LIKE_A_FILE.search(text) or (text and folders.problem(text, "datasets") is None):
        return Source("files", text)
    if _HUB_ID.fullmatch(text):
        return Source("hub", text)
    raise ValueError(
        f"“{text}” is no source of data. Give a path, a dataset's id on the hub (owner/name), "
        "example:<name> or upload:<id>."
    )


def named(text: str) -> dict[str, str]:
    """Several sources by name: "easy=a.csv, hard=b.csv"; a source without a name stands under ""."""
    if not text.strip():
        return {}
    parts = [part.strip() for part in text.split(",")]
    if not all(re.match(r"[\w-]+=", part) for part in parts):
        return {"": text.strip()}
    return {name: source.strip() for name, _, source in (part.partition("=") for part in parts)}
