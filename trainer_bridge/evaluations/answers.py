"""Answers cut out of a text, beside those that are right."""

from typing import Any

import numpy

from trainer_bridge.evaluations.examples import Examples, Measured
from trainer_bridge.evaluations.tally import Batch, Tally, to_numpy
from trainer_bridge.metrics.questions import likeliest_span


class Answers(Tally):
    """Outputs are logits of the first and the last token, (rows, tokens) each, labels their places, (rows,) each."""

    kind = "answers"

    def __init__(self, look: Any, examples: Examples) -> None:
        self._look, self.examples = look, examples
        #: rows, answers that are right as a whole, sum of losses
        self.sums = numpy.zeros(3)

    def add(self, batch: Batch) -> None:
        import torch

        spans = to_numpy(likeliest_span(batch.outputs, batch.labels))
        true = numpy.stack([to_numpy(place) for place in batch.labels], -1)
        logs = [to_numpy(torch.log_softmax(part.float(), -1)) for part in batch.outputs[:2]]
        every, last = numpy.arange(len(true)), logs[0].shape[1] - 1
        inside = numpy.clip(true, 0, last)
        loss = -sum(part[every, inside[:, side]] for side, part in enumerate(logs)) / 2
        sure = numpy.nan_to_num(numpy.exp(sum(part[every, spans[:, side]] for side, part in enumerate(logs))))
        exact, counted = (spans == true).all(-1), batch.rows >= 0
        self.sums += counted.sum(), exact[counted].sum(), loss[counted].sum()

        def told(i: int) -> dict[str, Any]:
            texts = {"said": self._cut(batch, i, spans[i]), "true": self._cut(batch, i, true[i])}
            return {**texts, "score": round(float(sure[i]), 4), "right": bool(exact[i])}

        said = spans[:, 0] * (last + 1) + spans[:, 1]
        self.examples.offer(batch, Measured(loss, told, exact, said, sure))

    def result(self) -> dict[str, Any]:
        """What is sent of all rows together."""
        rows, exact, loss = self.sums
        return {
            "rows": int(rows),
            "exact": exact / rows if rows else None,
            "mean_loss": loss / rows if rows else None,
        }

    def _cut(self, batch: Batch, i: int, span: Any) -> str:
        return str(self._look.text(batch.inputs["input_ids"][i][span[0] : span[1] + 1]))
