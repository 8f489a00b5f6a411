"""The processes of one training as one: they are started together, and when one of them dies all of them end."""

import time
from collections.abc import Sequence
from typing import Self

from trainer_bridge.job import Job
from trainer_bridge.launcher import Child, Launcher

#: Seconds that the others get to end by themselves after one process ended badly: they wait for it in vain.
GRACE = 10.0
#: Seconds between two looks at several processes.
LOOK = 0.05


class Processes:
    """``pids`` and ``codes`` in the order of the ranks. The first process speaks for the training."""

    def __init__(self, children: Sequence[Child]) -> None:
        self._children = list(children)
        self._broken_at: float | None = None
        #: Ranks whose process was ended only because another one was gone.
        self.dragged: set[int] = set()

    @classmethod
    def start(cls, launcher: Launcher, job: Job) -> Self:
        """A process for each rank of the job, or none: raises OSError or EOFError as the launcher does."""
        children: list[Child] = []
        try:
            for one in job.ranks():
                children.append(launcher.start(one))
        except BaseException:
            cls(children).kill()
            raise
        return cls(children)

    @property
    def pid(self) -> int:
        return self._children[0].pid

    @property
    def pids(self) -> list[int]:
        return [child.pid for child in self._children]

    @property
    def codes(self) -> list[int | None]:
        """How each ended: its exit status, −n for signal n, None while it runs or where nobody saw it."""
        return [child.exit_code for child in self._children]

    def wait(self, timeout: float) -> bool:
        """Whether all have ended, within ``timeout`` seconds."""
        if len(self._children) == 1:
            return self._children[0].wait(timeout)
        deadline = time.monotonic() + timeout
        while not self._all_ended():
            if time.monotonic() >= deadline:
                return False
            time.sleep(LOOK)
        return True

    def terminate(self) -> None:
        """Ask all of them to save and stop."""
        for child in self._children:
            child.terminate()

    def kill(self) -> None:
        """End all of them and everything they started, now."""
        for child in self._children:
            child.kill()

    def _all_ended(self) -> bool:
        living = [rank for rank, child in enumerate(self._children) if not child.wait(0)]
        if living and self._broken_at is None and any(code not in (0, None) for code in self.codes):
            self._broken_at = time.monotonic()
        if self._broken_at is not None and time.monotonic() - self._broken_at > GRACE:
            for rank in living:
                self.dragged.add(rank)
                self._children[rank].kill()
        return not living
