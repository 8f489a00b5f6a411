"""What a worker does for the server's checkpoints: sends those that are to be kept, takes away those that are due.

A worker that shares its data folder with the server is never asked. Parts are small and carry their place, so that
after a cut connection, or a restart of either end, an upload goes on where it was.
"""

import logging
import threading
from pathlib import Path
from typing import Any

from trainer_bridge.checkpoint_files import inside_run, manifest, remove, sha256_of
from trainer_bridge.rest import NotAllowed, ServerAway, WorkerApi

log = logging.getLogger("trainer_bridge")

#: Seconds between two questions of what is to do.
LOOK_EVERY = 30.0
#: Bytes of a file in one request.
PART = 512 * 1024
#: What another machine can make of a call: tried again in the next round.
_TROUBLE = (ServerAway, NotAllowed, OSError, ValueError, KeyError)


class Keeper:
    """A thread beside the trainings; ``runs_dir`` holds the folders of the runs."""

    def __init__(self, api: WorkerApi, runs_dir: Path) -> None:
        self._api, self._runs_dir = api, runs_dir
        self._soon, self._stopping = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._loop, name="checkpoints", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def look(self) -> None:
        """Ask soon: a training has ended."""
        self._soon.set()

    def stop(self) -> None:
        """Stop between two parts; what was sent stays sent."""
        self._stopping.set()
        self._soon.set()

    def round(self) -> None:
        """Do all that there is to do now. Raises ServerAway, NotAllowed when nobody says what."""
        chores = self._api.chores()
        for upload in chores["uploads"]:
            self._try("sent", upload, self._send)
        for removal in chores["removals"]:
            self._try("taken away", removal, self._remove)

    def _loop(self) -> None:
        while not self._stopping.is_set():
            try:
                self.round()
            except _TROUBLE as trouble:
                log.debug("nobody says what is to do with checkpoints: %s", trouble)
            self._soon.wait(LOOK_EVERY)
            self._soon.clear()

    def _try(self, done: str, chore: dict[str, Any], do: Any) -> None:
        if self._stopping.is_set():
            return
        try:
            do(chore, inside_run(self._runs_dir, chore["run"], chore["path"]))
        except _TROUBLE as trouble:
            log.warning("%s of run %s cannot be %s yet: %s", chore["path"], chore["run"], done, trouble)

    def _send(self, upload: dict[str, Any], folder: Path) -> None:
        if not folder.is_dir():
            return
        files = manifest(folder)
        there = self._api.begin_upload(upload["checkpoint"], files)
        for name, size, _ in files:
            if not self._send_file(upload["checkpoint"], folder, name, there.get(name, 0), size):
                return
        self._api.finish_upload(upload["checkpoint"])
        log.info("%s of run %s is sent to the server", upload["path"], upload["run"])

    def _send_file(self, checkpoint: str, folder: Path, name: str, offset: int, size: int) -> bool:
        with (folder / name).open("rb") as file:
            while offset < size:
                if self._stopping.is_set():
                    return False
                file.seek(offset)
                offset = self._api.send_part(checkpoint, name, offset, file.read(PART))
        return True

    def _remove(self, removal: dict[str, Any], folder: Path) -> None:
        remove(folder, removal["action"])
        self._api.tell_removed(removal["checkpoint"], removal["action"])


def fetch_checkpoint(api: WorkerApi, runs_dir: Path, run: str, path: str) -> None:
    """Bring the checkpoint that a training goes on from, unless it is here. Raises ServerAway, ValueError, OSError."""
    target = inside_run(runs_dir, run, path)
    if target.is_dir():
        return
    part = target.with_name(f".{target.name}.part")
    for name, size, sha in api.run_files(run, path):
        file = _inside(part, name)
        _fetch_file(api, run, path, name, size, file)
        if sha and sha256_of(file) != sha:
            file.unlink()
            raise ValueError(f"{name} came with another checksum")
    part.rename(target)


def _inside(folder: Path, name: str) -> Path:
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise ValueError(f"the name {name!r} leads out of the checkpoint")
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _fetch_file(api: WorkerApi, run: str, path: str, name: str, size: int, file: Path) -> None:
    """What is there already is not asked for again."""
    with file.open("ab") as opened:
        while (there := opened.tell()) < size:
            if not (data := api.run_part(run, path, name, there)):
                raise ValueError(f"{name} ends before its {size:,} bytes")
            opened.write(data)
