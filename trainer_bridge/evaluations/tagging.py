"""A tag for each token: whole entities, and the tags by themselves."""

from typing import Any

import numpy

from trainer_bridge.evaluations.cells import Cells
from trainer_bridge.evaluations.examples import Examples, Measured
from trainer_bridge.evaluations.tally import IGNORED, Batch, Tally, to_numpy
from trainer_bridge.metrics.tagging import entities_of

#: Tokens that are told of a row, and kinds of entities that are counted.
MOST_TOKENS, MOST_KINDS = 60, 500


class Tagging(Tally):
    """Outputs are logits (texts, tokens, tags), labels (texts, tokens); ``piece`` reads one token id."""

    kind = "tagging"

    def __init__(self, names: list[str], piece: Any, examples: Examples) -> None:
        self._names, self._piece = names, piece
        self._has_entities = any(name[:2] in ("B-", "I-") for name in names)
        self._kinds = sorted({name.partition("-")[2] for name in names if "-" in name})[:MOST_KINDS]
        self.cells, self.examples = Cells(names), examples
        self.entities = numpy.zeros((len(self._kinds), 3), dtype=numpy.int64)
        self.sums = numpy.zeros(3)

    def add(self, batch: Batch) -> None:
        from torch.nn.functional import cross_entropy

        logits = batch.outputs.float().transpose(1, 2)
        nats = to_numpy(cross_entropy(logits, batch.labels, reduction="none", ignore_index=IGNORED))
        true, said = to_numpy(batch.labels), to_numpy(batch.outputs.argmax(-1))
        counted = (true != IGNORED) & (batch.rows >= 0)[:, None]
        self.cells.add(true[counted], said[counted])
        self.sums += (batch.rows >= 0).sum(), nats[counted].sum(), counted.sum()
        if self._has_entities:
            self._count_entities(true, said, counted)
        loss = (nats * counted).sum(-1) / numpy.maximum(counted.sum(-1), 1)
        wrong = ((true != said) & counted).sum(-1)

        def told(i: int) -> dict[str, Any]:
            return {"tokens": self._tokens(batch, i, true[i], said[i]), "wrong": int(wrong[i])}

        self.examples.offer(batch, Measured(loss, told, wrong == 0, wrong))

    def result(self) -> dict[str, Any]:
        """What is sent of all rows together; "entities" are [rows, predicted, right] by kind."""
        rows, nats, tokens = self.sums
        found = dict(zip(self._kinds, self.entities.tolist(), strict=True)) if self._has_entities else {}
        return {
            **self.cells.told(),
            "rows": int(rows),
            "tokens": int(tokens),
            "mean_loss": nats / tokens if tokens else None,
            "entities": found,
        }

    def _count_entities(self, true: Any, said: Any, counted: Any) -> None:
        places = {kind: place for place, kind in enumerate(self._kinds)}
        for i in range(len(true)):
            truth, found = (
                entities_of(self._names[tag] for tag in tags[i][counted[i]]) for tags in (true, said)
            )
            for column, entities in enumerate((truth, found, truth & found)):
                for kind, _, _ in entities:
                    if kind in places:
                        self.entities[places[kind], column] += 1

    def _tokens(self, batch: Batch, i: int, true: Any, said: Any) -> list[list[Any]]:
        """[piece, true tag, predicted tag] of the labelled tokens."""
        ids = batch.inputs["input_ids"][i]
        places = numpy.flatnonzero(true != IGNORED)[:MOST_TOKENS]
        return [[self._piece(ids[place]), int(true[place]), int(said[place])] for place in places]
