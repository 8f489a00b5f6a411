"""The text of a person's file as it ran: what a run keeps of it, so that it is known later what was trained."""

import hashlib
import sys
from pathlib import Path
from typing import Any

from trainer_bridge.own.files import Kind, OwnFile
from trainer_bridge.own.places import places
from trainer_bridge.recipes.base import Recipe

#: Characters of a text that are kept.
MAX_TEXT = 200_000

_texts: dict[OwnFile, bytes] = {}


def remember(kind: Kind, name: str, text: bytes) -> OwnFile:
    """A file that was read in this process, by its name and the text it had then."""
    own = OwnFile(kind, name, hashlib.sha256(text).hexdigest())
    _texts[own] = text
    return own


def source_of(recipe: Recipe | None) -> dict[str, Any]:
    """{"source": {"file", "sha256", "text", "helpers"}} of an own recipe; nothing of a built-in one.

    ``helpers``: the hash of each other file of the folder that this process has imported.
    """
    own = recipe.own if recipe is not None else None
    if own is None:
        return {}
    text = _texts.get(own, b"").decode(errors="replace")[:MAX_TEXT]
    return {"source": {"file": own.name, "sha256": own.digest, "text": text, "helpers": _helpers(own)}}


def _helpers(own: OwnFile) -> dict[str, str]:
    folder = places().folder(own.kind)
    found = {}
    for module in list(sys.modules.values()):
        path = Path(getattr(module, "__file__", None) or "")
        if path.suffix == ".py" and path.name != own.name and path.is_relative_to(folder):
            found[path.relative_to(folder).as_posix()] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found
