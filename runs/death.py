"""Why a run did not reach its end, in one sentence for people, and what a person may do about it.

The training tells the exception's last line, a signal or an exit code; what that means is looked up here. Nothing is
guessed: where no cause is known, the last line stands for itself.
"""

import re
from dataclasses import dataclass
from typing import Any, Literal

from runs.models import Run
from runs.specs import effective_config
from runs.states import State

Kind = Literal["device memory", "memory", "killed", "disk", "not a number", "lost", "error", "stopped"]
BATCH, ACCUMULATE = "args.per_device_train_batch_size", "args.gradient_accumulation_steps"

#: The first that is found in the reason decides. Texts are those of torch, Python and Linux.
_CAUSES: tuple[tuple[Kind, re.Pattern[str], str], ...] = (
    (
        "device memory",
        re.compile(r"CUDA out of memory|OutOfMemoryError|CUBLAS_STATUS_ALLOC_FAILED|HIP out of memory"),
        "The device's memory was too small for a step.",
    ),
    (
        "memory",
        re.compile(r"\bMemoryError\b|DefaultCPUAllocator: can't allocate memory|[Cc]annot allocate memory"),
        "The machine's memory was too small.",
    ),
    (
        "killed",
        re.compile(r"signal 9\b|SIGKILL"),
        "Something killed the process, most often the system itself when memory runs out.",
    ),
    (
        "disk",
        re.compile(r"No space left on device|Errno 28\b|disk is full|Disk quota exceeded"),
        "The disk was full.",
    ),
    (
        "not a number",
        re.compile(
            r"\b(?:loss|gradient|grad_norm)\b.{0,40}\b(?:nan|inf|not finite|non-finite)\b", re.IGNORECASE
        ),
        "The training diverged: a number was not finite any more.",
    ),
)
#: Causes that a smaller step can help against.
_TOO_LARGE = frozenset({"device memory", "memory", "killed"})


@dataclass(frozen=True)
class Cause:
    """``sentence`` is "" where the reason says it all. ``changes``: settings by key with which it may go through."""

    kind: Kind
    sentence: str
    changes: dict[str, Any]

    @property
    def words(self) -> str:
        """What ``changes`` does, for a button."""
        batch, accumulate = self.changes.get(BATCH), self.changes.get(ACCUMULATE)
        return f"batch {batch}, accumulation {accumulate}: the same effective batch" if batch else ""


def cause_of(run: Run) -> Cause | None:
    """Of a run that failed, crashed or was stopped; None for one that finished or goes on."""
    if run.state == State.CRASHED:
        return Cause("lost", "Its worker was not heard any more; the machine or the network went away.", {})
    if run.state == State.STOPPED:
        return Cause("stopped", "", {})
    if run.state != State.FAILED:
        return None
    for kind, pattern, sentence in _CAUSES:
        if pattern.search(run.reason):
            return Cause(kind, sentence, _smaller_step(run) if kind in _TOO_LARGE else {})
    return Cause("error", "", {})


def _smaller_step(run: Run) -> dict[str, Any]:
    """Half the batch on the device, twice the accumulation; nothing where the batch cannot be halved."""
    config = effective_config(run.spec)
    batch, accumulate = config.get(BATCH), config.get(ACCUMULATE)
    if (
        run.is_external
        or not isinstance(batch, int)
        or not isinstance(accumulate, int)
        or batch < 2
        or batch % 2
    ):
        return {}
    return {BATCH: batch // 2, ACCUMULATE: accumulate * 2}
