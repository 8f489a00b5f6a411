"""The one run of this process: begun by a script, a callback or ``exec``, found by all of them."""

import os
import platform
import sys
import threading
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from trainer_bridge.address import bridge_url
from trainer_bridge.join.local import LocalRun, Meta
from trainer_bridge.join.ranks import Rank, this_process
from trainer_bridge.join.run import Run
from trainer_bridge.join.wish import Wish, new_id, say, wish

_lock = threading.Lock()
_current: Run | None = None
_under_exec = False


def start_run(
    project: str | None = None,
    name: str | None = None,
    config: Mapping[str, Any] | None = None,
    tags: Iterable[str] | None = None,
    *,
    server: str | None = None,
    token: str | None = None,
    id: str | None = None,
    folder: str | os.PathLike[str] | None = None,
    console: bool = True,
) -> Run:
    """Begin a run of this process: ``run.log({"loss": 0.5}, step=1)``, then ``run.finish()``.

    What is not given comes from the environment (TRAINBOARD_SERVER, _TOKEN, _PROJECT, _RUN_ID, _DIR). With an
    ``id`` that the server knows the run goes on with its next attempt. Without a server everything is recorded
    in ``folder`` and delivered later. Under ``exec`` it is the run of the script. Raises ValueError for a
    server address that is none.
    """
    if (mine := current()) is not None and _under_exec:
        mine.describe({"config": dict(config or {})})
        return mine
    return open_run(wish(server, token, project, name, tags, config, id, folder), console=console)


def open_run(
    asked: Wish, *, console: bool = True, argv: list[str] | None = None, for_exec: bool = False
) -> Run:
    """The run of this process from now on; one that was open before is finished."""
    global _current, _under_exec
    bridge_url(asked.server)
    rank = this_process()
    if not rank.on_first_node and not asked.run_id:
        say(
            "on machines beside the first set TRAINBOARD_RUN_ID to the same id everywhere; not reporting from here"
        )
        asked = replace(asked, token="", folder=asked.folder / "not-joined")
    former = current()
    if former is not None:
        former.finish()
    with _lock:
        _current, _under_exec = Run(_record(asked, rank), asked.token, rank, console, argv), for_exec
        return _current


def current() -> Run | None:
    """The run that this process reports to now."""
    return _current if _current is not None and not _current.ended else None


def _record(asked: Wish, rank: Rank) -> LocalRun:
    """Where the run is recorded. With an id of somebody's own several launches have the same one."""
    run_id = asked.run_id or rank.launch or new_id()
    folder = f"{run_id}-{rank.launch or new_id()}" if asked.run_id else run_id
    return LocalRun.create(asked.folder / folder, _meta(asked, rank, run_id))


def _meta(asked: Wish, rank: Rank, run_id: str) -> Meta:
    return Meta(
        run=run_id,
        attempt=rank.attempt if rank.attempt or asked.run_id else 1,
        server=asked.server,
        project=asked.project,
        name=asked.name or _script_name(),
        tags=list(asked.tags),
        config=asked.config,
        host=platform.node(),
    )


def _script_name() -> str:
    """What a run without a name is called after: the script; "" in a notebook."""
    stem = Path(sys.argv[0]).stem if sys.argv and sys.argv[0] else ""
    return "" if stem in ("", "-c", "__main__", "ipykernel_launcher", "colab_kernel_launcher") else stem[:100]
