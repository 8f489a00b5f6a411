"""Steps whose loss or gradient norm is not finite or stands out: told with the rows of their batch."""

import math
import time
from collections.abc import Callable
from typing import Any

from trainer_bridge import spikes
from trainer_bridge.batch_rows import BatchRows
from trainer_bridge.protocol import Event, Warning
from trainer_bridge.stream_rows import StreamRows

#: A value stands out so many standard deviations above the mean of about the last SPAN steps.
FAR, SPAN = 6.0, 50
#: Steps that are told in one attempt, and rows of each.
MOST, MOST_ROWS = 50, 5000


class Incidents:
    """Looks at each step of ``trainer``. A value that stays off is told once, until a step is as usual again."""

    def __init__(self, trainer: Any, loader: Any, step: int, emit: Callable[[Event], None]) -> None:
        self.rows = _rows_of(trainer, loader, step)
        self._trainer, self._emit = trainer, emit
        self._memories: dict[str, dict[str, Any]] = {"loss": {}, "gradient norm": {}}
        self._sum = 0.0
        self._norm: float | None = None
        self._is_off = False
        self._told = 0
        self._listen()

    def step_end(self, step: int) -> None:
        """Look at the step that is over."""
        total = float(self._trainer._tr_loss)
        loss, self._sum = total - self._sum, total
        rows = self.rows.take_step()
        reasons = [self._judge("loss", loss), self._judge("gradient norm", self._norm)]
        reason = " and ".join(filter(None, reasons))
        if reason and not self._is_off and self._told < MOST:
            self._told += 1
            self._emit(self._warning(step, reason, loss, rows))
        self._is_off = bool(reason)

    def logged(self) -> None:
        """The Trainer begins its sum of losses anew with each log."""
        self._sum = 0.0

    def _listen(self) -> None:
        """The gradient norm is a local value of the Trainer's loop; the function that measures it is overheard."""
        measure = self._trainer._get_grad_norm

        def overheard(*args: Any, **kwargs: Any) -> Any:
            norm = measure(*args, **kwargs)
            self._norm = None if norm is None else float(norm)
            return norm

        self._trainer._get_grad_norm = overheard

    def _judge(self, name: str, value: float | None) -> str:
        """Why the value is out of the ordinary, "" where it is not."""
        if value is None:
            return ""
        if not math.isfinite(value):
            return f"the {name} is {'NaN' if math.isnan(value) else 'infinite'}"
        memory = self._memories[name]
        score = spikes.score(memory, value, SPAN)
        usual = memory.get("mean", value)
        spikes.remember(memory, value, SPAN, FAR)
        return f"the {name} is {value:.4g}, where {usual:.4g} is usual" if score > FAR else ""

    def _warning(self, step: int, reason: str, loss: float, rows: list[int]) -> Warning:
        details = {
            "kind": "batch",
            "loss": loss,
            "grad_norm": self._norm,
            "rows": rows[:MOST_ROWS],
            "count": len(rows),
        }
        if self.rows.times_read is not None:
            details["times_read"] = self.rows.times_read
        text = f"In step {step} {reason}; the batch: {self.rows.said(rows)}."
        return Warning(f"batch {step}", text, time.time(), step=step, details=details)


def _rows_of(trainer: Any, loader: Any, step: int) -> BatchRows | StreamRows:
    from torch.utils.data import IterableDataset

    if isinstance(loader.dataset, IterableDataset):
        return StreamRows(trainer, loader, step)
    return BatchRows(loader, trainer.args, step)
