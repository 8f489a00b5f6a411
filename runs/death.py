"""Why a run did not reach its end, in one sentence for people, and what a person may do about it.

The training tells the exception's last line, a signal or an exit code; what that means is looked up here. Nothing is
guessed: where no cause is known, the last line stands for itself.
"""

import math
import re
from dataclasses import dataclass
from typing import Any, Literal

from runs.models import Run, Series
from runs.naming import short_value
from runs.specs import effective_config
from runs.states import State

Kind = Literal["device memory", "memory", "killed", "disk", "not a number", "lost", "error", "stopped"]
BATCH, ACCUMULATE = "args.per_device_train_batch_size", "args.gradient_accumulation_steps"
RATE = "args.learning_rate"

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
    ("error", re.compile(r"^SystemExit\b"), "The code ended its own process."),
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
        """What ``changes`` does."""
        batch, accumulate = self.changes.get(BATCH), self.changes.get(ACCUMULATE)
        if batch:
            return f"batch {batch}, accumulation {accumulate}: the same effective batch"
        return f"learning rate {short_value(self.changes[RATE])}" if RATE in self.changes else ""

    @property
    def button(self) -> str:
        """The same as what to press."""
        return (
            "Retry with a tenth of the learning rate" if RATE in self.changes else "Retry with half the batch"
        )


def cause_of(run: Run) -> Cause | None:
    """Of a run that failed, crashed or was stopped, or whose numbers were none at its end; None for any other."""
    if run.state in (State.FINISHED, State.STOPPED, State.FAILED) and _diverged(run):
        return Cause("not a number", "The training diverged: its last loss was not finite.", _slower(run))
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


def _diverged(run: Run) -> bool:
    """Whether the last loss that was logged is NaN or infinite; the Trainer itself never stops for that."""
    last = (
        Series.objects.filter(run=run, key="train/loss", count__gt=0).values_list("last", flat=True).first()
    )
    return last is not None and not math.isfinite(float(last))


def _slower(run: Run) -> dict[str, Any]:
    """A tenth of the learning rate."""
    rate = effective_config(run.spec).get(RATE)
    return (
        {} if run.is_external or not isinstance(rate, int | float) else {RATE: float(short_value(rate / 10))}
    )


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
