"""What a training child is given, and what it leaves behind when it ends: plain values, readable without
torch.
"""

import os
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import msgspec

from trainer_bridge.paths import RunPaths

Outcome = Literal["finished", "stopped", "failed"]


@dataclass(frozen=True)
class Job:
    """One attempt at one run. ``resume_from`` is relative to the run's folder; ``threads`` are torch's.

    ``recipes_dir`` and ``scripts_dir`` hold a person's own; without them they are where the process's settings say.
    """

    server: str
    token: str
    run: str
    attempt: int
    spec: dict[str, Any]
    runs_dir: str
    resume_from: str | None = None
    threads: int = 1
    recipes_dir: str = ""
    scripts_dir: str = ""
    #: What people did to the learning rate up to the checkpoint (see schedule.py).
    changes: list[dict[str, Any]] = field(default_factory=list)
    #: Whether that checkpoint is another run's (see fork.py).
    forked: bool = False
    #: How many processes train together, and where they meet: the port of the first one on this machine.
    processes: int = 1
    port: int = 0
    #: What CUDA_VISIBLE_DEVICES says to each process; empty leaves it as it is.
    devices: str = ""

    #: Which of the processes this is for. The first one, 0, speaks for all.
    rank: int = 0
    #: What a run measures that trains nothing: {"step", "part"}, weights in `paths.evaluated`; {} if it trains.
    evaluate: dict[str, Any] = field(default_factory=dict)

    @property
    def paths(self) -> RunPaths:
        return RunPaths(Path(self.runs_dir), self.run)

    @property
    def console_log(self) -> Path:
        return self.paths.console_log(self.attempt, self.rank)

    @property
    def exit_record(self) -> Path:
        return self.paths.exit_record(self.attempt, self.rank)

    def ranks(self) -> list["Job"]:
        """The job of each process, the first one's first."""
        return [replace(self, rank=rank) for rank in range(self.processes)]

    @property
    def folder(self) -> Path:
        return self.paths.attempt_folder(self.attempt)

    def spool(self, source: str) -> Path:
        return self.paths.spool(self.attempt, source)


class ExitRecord(msgspec.Struct, kw_only=True):
    """How a training ended, written by itself as the last thing it does."""

    outcome: Outcome
    step: int | None = None
    error: str = ""
    traceback: str = ""
    reason: str = ""
    #: Seconds since 1970: which of several processes ended first.
    at: float = 0.0


def write_exit_record(path: Path, record: ExitRecord) -> None:
    """Write the record whole or not at all."""
    write_whole(path, msgspec.json.encode(record))


def read_exit_record(path: Path) -> ExitRecord | None:
    """The record, or None when the process did not come to writing one."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=ExitRecord)
    except (OSError, msgspec.DecodeError):
        return None


def write_ticket(job: Job) -> None:
    """Keep what a later worker needs to deliver the attempt's events, until all of them are delivered.

    It holds the ingest token, so only the owner may read it.
    """
    write_whole(_ticket(job.folder), msgspec.json.encode(asdict(job)))


def read_ticket(folder: Path) -> Job | None:
    """The job whose events in this attempt's folder may not all be delivered; None when they are."""
    try:
        return msgspec.json.decode(_ticket(folder).read_bytes(), type=Job)
    except (OSError, msgspec.DecodeError):
        return None


def remove_ticket(folder: Path) -> None:
    """Everything of the attempt is delivered, or will never be taken."""
    _ticket(folder).unlink(missing_ok=True)


def _ticket(folder: Path) -> Path:
    return folder / "undelivered.json"


def write_whole(path: Path, data: bytes) -> None:
    """Replace the file at once; only the owner may read it."""
    temporary = path.with_name(path.name + ".new")
    with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
    temporary.replace(path)
