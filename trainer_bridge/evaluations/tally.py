"""Sums over the rows of an evaluation, to which several processes each add their share."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy

#: What a row or token without a label carries.
IGNORED = -100


@dataclass(frozen=True)
class Batch:
    """One measured batch: the model's outputs, its labels (a tensor, or a tuple of them), and what it was given.

    ``rows`` are the rows' places in the split, (items,); −1 is one that only fills up the batch of another process.
    """

    outputs: Any
    labels: Any
    inputs: Any
    rows: Any


class Tally:
    """Arrays, counters, lists and tallies among the attributes are sums; everything else is a setting."""

    def merge(self, other: "Tally") -> None:
        """Add what another process counted."""
        for name, mine in vars(self).items():
            theirs = getattr(other, name)
            if isinstance(mine, numpy.ndarray):
                mine += theirs
            elif isinstance(mine, Tally):
                mine.merge(theirs)
            elif isinstance(mine, Counter):
                mine.update(theirs)
            elif isinstance(mine, list):
                mine.extend(theirs)


def to_numpy(tensor: Any) -> Any:
    """A tensor of any kind and place as an array; half precision becomes float32."""
    kept = tensor.detach()
    return (kept.float() if kept.is_floating_point() else kept).cpu().numpy()
