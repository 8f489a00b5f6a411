"""Which process of a distributed training this is, and how all of them name the same run without talking."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True)
class Rank:
    """``launch`` is equal in all processes of one launch on one machine, "" when the training has one process.

    ``attempt`` counts how often torchrun started them; ``on_first_node``: the first process runs here too.
    """

    number: int = 0
    world: int = 1
    launch: str = ""
    attempt: int | None = None
    on_first_node: bool = True

    @property
    def source(self) -> str:
        """The name of this process's stream of events. The first one speaks for the training."""
        return "trainer" if self.number == 0 else f"rank{self.number}"

    def own_key(self, key: str) -> str:
        """A series of the machine, kept apart by process: "system/cpu" → "system/rank1/cpu"."""
        return key if self.number == 0 else key.replace("system/", f"system/rank{self.number}/", 1)


def this_process() -> Rank:
    """From RANK, WORLD_SIZE and what else torchrun sets."""
    number, world = _whole("RANK", 0), _whole("WORLD_SIZE", 1)
    if world <= 1 and number == 0:
        return Rank()
    return Rank(
        number=number,
        world=max(world, number + 1),
        launch=_launch(),
        attempt=_whole("TORCHELASTIC_RESTART_COUNT", 0) + 1,
        on_first_node=number == _whole("LOCAL_RANK", number),
    )


def _launch() -> str:
    """A hash of what the processes of one launch share: their parent and where they meet."""
    parent = os.getppid()
    began = _start_of(parent)
    meeting = [os.environ.get(name, "") for name in ("MASTER_ADDR", "MASTER_PORT", "TORCHELASTIC_RUN_ID")]
    return hashlib.sha256(repr((parent, began, meeting)).encode()).hexdigest()[:12]


def _start_of(pid: int) -> float:
    """When a process began, so that a number that is given again is told apart; equal whoever asks."""
    try:
        # In ticks since the start of the machine. psutil's seconds since 1970 differ between two who ask.
        return float(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
    except (OSError, ValueError, IndexError):
        pass
    try:
        return psutil.Process(pid).create_time()
    except psutil.Error:
        return 0.0


def _whole(name: str, default: int) -> int:
    text = os.environ.get(name, "")
    return int(text) if text.isdecimal() else default
