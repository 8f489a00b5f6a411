"""One class for each row."""

from dataclasses import replace
from typing import Any

import numpy

from trainer_bridge.evaluations.cells import Cells, weakest
from trainer_bridge.evaluations.curves import Calibration, ScoreBins
from trainer_bridge.evaluations.examples import Examples, Measured
from trainer_bridge.evaluations.tally import Batch, Tally, to_numpy

#: Classes whose curves are kept while batches go by, and sent.
MOST_CURVES, CURVES = 1000, 30
#: Likeliest classes that are told of a row.
TOP = 3


class Classification(Tally):
    """Outputs are logits (rows, classes), labels (rows,); below 0 stand rows without a label."""

    kind = "classification"

    def __init__(self, names: list[str], examples: Examples) -> None:
        self.cells, self.calibration, self.examples = Cells(names), Calibration(), examples
        self.scores = ScoreBins(len(names)) if len(names) <= MOST_CURVES else None
        self.sums = numpy.zeros(2)

    def add(self, batch: Batch) -> None:
        import torch

        logs, labels = to_numpy(torch.log_softmax(batch.outputs.float(), -1)), to_numpy(batch.labels)
        counted = (labels >= 0) & (labels < logs.shape[1]) & (batch.rows >= 0)
        true = numpy.where(counted, labels, 0)
        # Of a model that diverged no class is likely.
        scores, said = numpy.nan_to_num(numpy.exp(logs)), logs.argmax(-1)
        loss = -logs[numpy.arange(len(true)), true]
        self._count(true[counted], said[counted], scores[counted], loss[counted])
        told = Labelled(true, said, scores)
        self.examples.offer(
            replace(batch, rows=numpy.where(counted, batch.rows, -1)),
            Measured(loss, told, said == true, said, scores.max(-1), numpy.stack([true, said], -1)),
        )

    def result(self) -> dict[str, Any]:
        """What is sent of all rows together."""
        rows, loss = self.sums
        chosen = [] if self.scores is None else weakest(self.cells.per_class(), CURVES)
        return {
            **self.cells.told(),
            "rows": int(rows),
            "mean_loss": loss / rows if rows else None,
            "scores": None if self.scores is None else self.scores.told(chosen),
            "calibration": self.calibration.told(),
        }

    def _count(self, true: Any, said: Any, scores: Any, loss: Any) -> None:
        if not len(true):
            return
        self.cells.add(true, said)
        self.calibration.add(scores.max(-1), said == true)
        if self.scores is not None:
            self.scores.add(scores, true[:, None] == numpy.arange(scores.shape[1]))
        self.sums += len(true), loss.sum()


class Labelled:
    """Says what the model said of row ``i`` of a batch."""

    def __init__(self, true: Any, said: Any, scores: Any) -> None:
        self._true, self._said, self._scores = true, said, scores

    def __call__(self, i: int) -> dict[str, Any]:
        scores = self._scores[i]
        return {
            "true": int(self._true[i]),
            "said": int(self._said[i]),
            "score": round(float(scores.max()), 5),
            "top": [[int(c), round(float(scores[c]), 5)] for c in scores.argsort()[::-1][:TOP]],
        }
