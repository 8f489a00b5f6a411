"""Texts that a model wrote, beside those it should have written."""

from collections import Counter
from typing import Any

import numpy

from trainer_bridge.evaluations.examples import Examples, Measured
from trainer_bridge.evaluations.tally import Batch, Tally, to_numpy

#: Bins of how much of a text is right, from nothing to all of it.
SHARES = 10


class Texts(Tally):
    """Outputs are token ids that were written, labels those of the reference; ``special`` ids are marks, no text."""

    kind = "text"

    def __init__(self, look: Any, special: frozenset[int], examples: Examples) -> None:
        self._look, self._special, self.examples = look, special, examples
        self.shares = numpy.zeros(SHARES, dtype=numpy.int64)
        #: rows, texts that are right as a whole, sum of F1
        self.sums = numpy.zeros(3)

    def add(self, batch: Batch) -> None:
        written = [self._tokens(row) for row in to_numpy(batch.outputs)]
        wanted = [self._tokens(row) for row in to_numpy(batch.labels)]
        pairs = list(zip(written, wanted, strict=True))
        shares = numpy.array([token_f1(*pair) for pair in pairs])
        exact = numpy.array([found == truth for found, truth in pairs])
        counted = batch.rows >= 0
        places = numpy.minimum((shares[counted] * SHARES).astype(int), SHARES - 1)
        self.shares += numpy.bincount(places, minlength=SHARES)
        self.sums += counted.sum(), exact[counted].sum(), shares[counted].sum()

        def told(i: int) -> dict[str, Any]:
            texts = {"said": self._look.text(written[i]), "true": self._look.text(wanted[i])}
            return {**texts, "score": round(float(shares[i]), 4), "right": bool(exact[i])}

        said = numpy.array([hash(tuple(text)) for text in written])
        self.examples.offer(batch, Measured(1 - shares, told, exact, said))

    def result(self) -> dict[str, Any]:
        """What is sent of all rows together; "shares" counts texts by the share of tokens that are right."""
        rows, exact, shares = self.sums
        return {
            "rows": int(rows),
            "exact": exact / rows if rows else None,
            "token_f1": shares / rows if rows else None,
            "shares": self.shares.tolist(),
        }

    def _tokens(self, row: Any) -> list[int]:
        return [int(token) for token in row if token >= 0 and int(token) not in self._special]


def token_f1(found: list[int], wanted: list[int]) -> float:
    """F1 of the tokens that two texts share, their order left aside; 1 when both are empty."""
    if not found or not wanted:
        return float(found == wanted)
    shared = sum((Counter(found) & Counter(wanted)).values())
    return 2 * shared / (len(found) + len(wanted))
