"""How far an evaluation is."""

from dataclasses import dataclass
from typing import Any


@dataclass
class Evaluation:
    """Batches done; ``measure`` finds what else is told: batches in all, and how fast they go."""

    done: int = 0
    total: int | None = None
    #: Monotonic seconds and batches done when it was first looked at: the first batches are slower than the others.
    since: float | None = None
    done_then: int = 0
    seconds_left: float | None = None

    def measure(self, loader: Any, now: float) -> None:
        """Look at the loader and the clock; a loader without a length leaves the total unknown."""
        if self.since is None:
            self.since, self.done_then = now, self.done
            self.total = length_of(loader)
        elif self.total is not None and self.done > self.done_then:
            pace = (now - self.since) / (self.done - self.done_then)
            self.seconds_left = max(0, self.total - self.done) * pace

    def told(self) -> dict[str, Any]:
        """As fields of a Progress."""
        return {"evaluated": self.done, "to_evaluate": self.total, "seconds_left": self.seconds_left}


def length_of(loader: Any) -> int | None:
    """Batches of a loader; None when it does not say."""
    try:
        return len(loader)
    except TypeError:
        return None
