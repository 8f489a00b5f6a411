"""A Trainer's log history as points. It holds no times: they are estimated between the moments of its checkpoints."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

from runs import series
from trainer_bridge.protocol import MAX_STEP, Metrics
from trainer_bridge.series_keys import NOT_SERIES, is_final, series_key
from trainer_bridge.values import as_float, flatten


def add_curves(run_id: str, history: Sequence[dict[str, Any]], moments: list[tuple[int, float]]) -> int:
    """Store the points of a log history as those of attempt 1; how many rows it had. ``moments`` are (step, time)."""
    rows = [row for row in (_measured(logs, moments) for logs in history) if row is not None]
    series.append(run_id, 1, rows)
    return len(rows)


def time_at(step: int, moments: list[tuple[int, float]]) -> float:
    """The time of a step, on straight lines between what is known; before and after that, at the same pace."""
    if len(moments) == 1:
        return moments[0][1]
    at = min(max(bisect_left(moments, (step, 0.0)), 1), len(moments) - 1)
    (low, begin), (high, end) = moments[at - 1], moments[at]
    return begin + (end - begin) * (step - low) / (high - low)


def _measured(logs: dict[str, Any], moments: list[tuple[int, float]]) -> Metrics | None:
    step = logs.get("step")
    if not isinstance(step, int) or not 0 <= step <= MAX_STEP:
        return None
    values = {}
    for name, value in flatten(logs):
        if name not in NOT_SERIES:
            try:
                values[series_key(name, final=is_final(logs))[:250]] = as_float(value)
            except (TypeError, ValueError, OverflowError):
                continue
    epoch, tokens = logs.get("epoch"), logs.get("num_input_tokens_seen")
    return Metrics(
        step,
        time_at(step, moments),
        values,
        float(epoch) if isinstance(epoch, int | float) else None,
        int(tokens) if isinstance(tokens, int | float) else None,
    )
