"""What somebody who joins asks for: where the server is and what the run is called, given or from the environment."""

import os
import secrets
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

DEFAULT_SERVER = "http://127.0.0.1:8000"
DEFAULT_FOLDER = "trainboard-runs"


@dataclass(frozen=True)
class Wish:
    """``run_id`` "" lets one be made; ``folder`` is where runs are recorded until they are delivered."""

    server: str
    token: str
    project: str
    folder: Path
    name: str = ""
    tags: tuple[str, ...] = ()
    config: dict[str, Any] = field(default_factory=dict)
    run_id: str = ""


def wish(
    server: str | None = None,
    token: str | None = None,
    project: str | None = None,
    name: str | None = None,
    tags: Iterable[str] | None = None,
    config: Mapping[str, Any] | None = None,
    id: str | None = None,
    folder: str | os.PathLike[str] | None = None,
) -> Wish:
    """What is not given comes from TRAINBOARD_SERVER, _TOKEN, _PROJECT, _RUN_ID and _DIR."""
    environment = os.environ
    return Wish(
        server=server or environment.get("TRAINBOARD_SERVER") or DEFAULT_SERVER,
        token=token or environment.get("TRAINBOARD_TOKEN", ""),
        project=project or environment.get("TRAINBOARD_PROJECT", ""),
        folder=Path(folder or environment.get("TRAINBOARD_DIR") or DEFAULT_FOLDER).absolute(),
        name=name or "",
        tags=tuple(tags or ()),
        config=dict(config or {}),
        run_id=id or environment.get("TRAINBOARD_RUN_ID", ""),
    )


def new_id() -> str:
    """A run id that nobody else makes."""
    return secrets.token_hex(6)


def say(text: str) -> None:
    """One line to the person at the training's console."""
    try:
        print(f"trainboard: {text}", file=sys.stderr, flush=True)
    except (OSError, ValueError, AttributeError):
        return  # a process without a console
