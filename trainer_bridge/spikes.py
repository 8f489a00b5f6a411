"""Is a value unusual beside those before it? Mean and variance are weighted exponentially: they cost two numbers."""

import math
from typing import Any

#: How small the spread of a quiet series may count: of a constant one any change would be infinitely unusual.
LEAST_SPREAD = 1e-6


def score(memory: dict[str, Any], value: float, span: int) -> float:
    """Standard deviations of ``value`` from the mean of about the last ``span`` values; 0 until there were so many.

    ``memory`` is what :func:`remember` keeps.
    """
    if memory.get("seen", 0) < span:
        return 0.0
    return (value - memory["mean"]) / _spread(memory)


def remember(memory: dict[str, Any], value: float, span: int, most: float) -> None:
    """Take ``value`` into the memory; no further off than ``most`` deviations, or a spike would hide the next one."""
    off = value - memory.get("mean", value)
    if memory.get("seen", 0) >= span:
        off = math.copysign(min(abs(off), most * _spread(memory)), off)
    seen, mean = memory.get("seen", 0), memory.get("mean", value)
    weight = max(2 / (span + 1), 1 / (seen + 1))
    variance = (1 - weight) * (memory.get("variance", 0.0) + weight * off * off)
    memory.update(seen=seen + 1, mean=mean + weight * off, variance=variance)


def _spread(memory: dict[str, Any]) -> float:
    return max(math.sqrt(memory["variance"]), LEAST_SPREAD * abs(memory["mean"]), 1e-300)
