"""Several labels at once for each row."""

from typing import Any

import numpy

from trainer_bridge.evaluations.cells import MOST_CLASSES, NAME, weakest
from trainer_bridge.evaluations.classification import CURVES
from trainer_bridge.evaluations.curves import Calibration, ScoreBins
from trainer_bridge.evaluations.examples import Examples, Measured
from trainer_bridge.evaluations.tally import Batch, Tally, to_numpy

#: Labels that are told of a row.
MOST_TOLD = 20


class MultiLabel(Tally):
    """Outputs are logits (rows, labels), labels 0 or 1 of the same shape; one is given where its logit is above 0."""

    kind = "multi_label"

    def __init__(self, names: list[str], examples: Examples) -> None:
        self._names = names
        self.examples, self.calibration, self.scores = examples, Calibration(), ScoreBins(len(names))
        self.counts = numpy.zeros((len(names), 3), dtype=numpy.int64)
        self.sums = numpy.zeros(3)

    def add(self, batch: Batch) -> None:
        logits, truth = to_numpy(batch.outputs).astype(numpy.float64), to_numpy(batch.labels) > 0.5
        said, scores = logits > 0, numpy.nan_to_num(1 / (1 + numpy.exp(-logits)))
        # log(1 + e^x) − x·y, written so that no exponential overflows
        losses = numpy.maximum(logits, 0) - logits * truth + numpy.log1p(numpy.exp(-numpy.abs(logits)))
        loss, exact = losses.mean(-1), (said == truth).all(-1)
        counted = batch.rows >= 0
        self._count(truth[counted], said[counted], scores[counted])
        self.sums += counted.sum(), loss[counted].sum(), exact[counted].sum()

        def told(i: int) -> dict[str, Any]:
            return {"true": _chosen(truth[i]), "said": _chosen(said[i]), "right": bool(exact[i])}

        self.examples.offer(batch, Measured(loss, told, exact, exact.astype(numpy.int64)))

    def result(self) -> dict[str, Any]:
        """What is sent of all rows together."""
        rows, loss, exact = self.sums
        per_class = self.counts.tolist()
        chosen = sorted(range(len(per_class)), key=lambda c: -sum(per_class[c][:2]))[:MOST_CLASSES]
        return {
            "labels": {str(c): self._names[c][:NAME] for c in sorted(chosen)},
            "classes": len(self._names),
            "per_class": {str(c): per_class[c] for c in sorted(chosen)},
            "rows": int(rows),
            "mean_loss": loss / rows if rows else None,
            "exact": exact / rows if rows else None,
            "scores": self.scores.told(weakest(per_class, CURVES)),
            "calibration": self.calibration.told(),
        }

    def _count(self, truth: Any, said: Any, scores: Any) -> None:
        self.counts += numpy.stack([truth.sum(0), said.sum(0), (truth & said).sum(0)], -1)
        self.scores.add(scores, truth)
        self.calibration.add(scores.ravel(), truth.ravel())


def _chosen(row: Any) -> list[int]:
    return numpy.flatnonzero(row)[:MOST_TOLD].tolist()
