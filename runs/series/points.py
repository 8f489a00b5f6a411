"""Points as columns: what the rest of the store passes around.

A ``Points`` maps column names to arrays of one length: ``step`` int64; ``time`` (seconds since the Unix
epoch), ``epoch``, ``tokens`` and ``value`` float64, NaN where a point has no epoch or no token count. Readers
may hold fewer columns than these.
"""

from collections.abc import Iterable, Sequence

import numpy as np

COLUMNS = ("step", "time", "epoch", "tokens", "value")
DTYPES = {"step": np.dtype("<i8"), "pos": np.dtype("<i8")}
FLOAT = np.dtype("<f8")

Points = dict[str, np.ndarray]


def dtype_of(name: str) -> np.dtype:
    """The dtype of a column."""
    return DTYPES.get(name, FLOAT)


def size(points: Points) -> int:
    """The number of points."""
    return len(next(iter(points.values())))


def empty(names: Iterable[str] = COLUMNS) -> Points:
    """No points, with these columns."""
    return {name: np.empty(0, dtype_of(name)) for name in names}


def take(points: Points, which: np.ndarray | slice) -> Points:
    """The points at these places (indices, a mask or a slice)."""
    return {name: column[which] for name, column in points.items()}


def concat(parts: Sequence[Points], names: Iterable[str] = COLUMNS) -> Points:
    """All parts one after the other; only the named columns, which every part must have."""
    if not parts:
        return empty(names)
    if len(parts) == 1:
        return {name: parts[0][name] for name in names}
    return {name: np.concatenate([part[name] for part in parts]) for name in names}
