"""Fewer points that draw the same curve.

Of every bin the lowest and the highest finite value stay, so no spike is lost; so do the first and the last
point. NaN and ±Inf are chosen apart, because tsdownsample passes over NaN and takes Inf for an extreme: of
every unbroken stretch of one kind its ends stay (of very many stretches an even choice), so gaps stay gaps.

Bins hold equally many points. Bins of equal width in x are not used: tsdownsample 0.1.5 panics where all x
are equal. MinMaxLTTB is not used either: of two opposite spikes close to each other it drops one.
"""

import numpy as np
from tsdownsample import MinMaxDownsampler

#: The fewest points to choose: both ends, a bin's extremes, a gap's ends, and some.
LEAST = 8
#: Points a chunk's outline has one bin for.
BIN = 64


def choose(values: np.ndarray, most: int) -> np.ndarray | slice:
    """The places, ascending, of at most ``most`` (≥ LEAST) points that stand for all of them."""
    n = len(values)
    if n <= most:
        return slice(None)
    # A stored column may begin at any byte; tsdownsample panics unless it is aligned.
    values = np.require(values, requirements=["C", "A"])
    finite = np.isfinite(values)
    if finite.all():
        return _with_ends(_extremes(values, most - 2), n)
    odd = _stretch_ends(values, finite, most // 3)
    regular = np.flatnonzero(finite)
    kept = regular[_extremes(values[regular], most - 2 - len(odd))]
    return _with_ends(np.concatenate([kept, odd]), n)


def outline(values: np.ndarray, *orders: np.ndarray) -> np.ndarray:
    """The places of the points that draw a chunk from afar: every bin's extremes, every stretch's ends, and
    the first and last in each of the ``orders`` (steps, times …) by which it may be drawn."""
    n = len(values)
    finite = np.isfinite(values)
    regular = np.flatnonzero(finite)
    kept = regular[_extremes(values[regular], 2 * (n // BIN))]
    ends = [place for order in orders for place in (int(order.argmin()), int(order.argmax()))]
    odd = _stretch_ends(values, finite, n // BIN)
    return _with_ends(np.concatenate([kept, odd, np.array(ends, kept.dtype)]), n)


def _extremes(values: np.ndarray, most: int) -> np.ndarray:
    """Places of the lowest and highest value of each of most // 2 bins; all values finite."""
    if len(values) <= most:
        return np.arange(len(values))
    found = MinMaxDownsampler().downsample(values, n_out=max(2, most // 2 * 2))
    return found.astype(np.int64)


def _stretch_ends(values: np.ndarray, finite: np.ndarray, most: int) -> np.ndarray:
    """Places where a stretch of NaN, of +Inf or of -Inf begins or ends; at most ``most``, evenly chosen."""
    kind = np.where(finite, 0, np.where(np.isnan(values), 1, np.where(values > 0, 2, 3)))
    change = kind[1:] != kind[:-1]
    begins = np.concatenate([[True], change])
    stops = np.concatenate([change, [True]])
    places = np.flatnonzero((kind > 0) & (begins | stops))
    if len(places) <= most:
        return places
    return places[np.linspace(0, len(places) - 1, max(most, 1)).astype(np.int64)]


def _with_ends(places: np.ndarray, n: int) -> np.ndarray:
    return np.unique(np.concatenate([places, [0, n - 1]]).astype(np.int64))
