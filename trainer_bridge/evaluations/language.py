"""Tokens that a model foresees: how torn it is between them, by how much it has read."""

from typing import Any

import numpy

from trainer_bridge.evaluations.examples import Examples, Measured
from trainer_bridge.evaluations.tally import IGNORED, Batch, Tally, to_numpy

#: Bins of a length: up to 1, 2, 4, … tokens.
LENGTHS = 24
#: Numbers of logits that are looked at in one go; more than that goes row by row, to keep no second copy of them.
AT_ONCE = 2**25
#: Tokens of a row of which it is told what the model said.
PAIRS = 12


class Language(Tally):
    """Outputs are logits (texts, tokens, vocabulary), labels (texts, tokens).

    ``shifted``: an output foresees the next token (causal models); the length is then what the model has read, else
    that of the whole text. ``piece`` reads one token id.
    """

    kind = "language"

    def __init__(self, shifted: bool, piece: Any, examples: Examples) -> None:
        self._shifted, self._piece, self.examples = shifted, piece, examples
        #: For each bin of lengths: tokens, nats, right ones.
        self.lengths = numpy.zeros((LENGTHS, 3))
        self.rows = numpy.zeros(1, dtype=numpy.int64)

    def add(self, batch: Batch) -> None:
        outputs, labels = batch.outputs, batch.labels
        if self._shifted:
            outputs, labels = outputs[:, :-1], labels[:, 1:]
        nats, said = _foreseen(outputs, labels)
        true = to_numpy(labels)
        counted = (true != IGNORED) & (batch.rows >= 0)[:, None]
        self._by_length(batch, nats, said == true, counted)
        self.rows += (batch.rows >= 0).sum()
        loss = (nats * counted).sum(-1) / numpy.maximum(counted.sum(-1), 1)

        def told(i: int) -> dict[str, Any]:
            return {} if self._shifted else {"pairs": self._pairs(true[i], said[i], counted[i])}

        self.examples.offer(batch, Measured(loss, told))

    def result(self) -> dict[str, Any]:
        """What is sent of all rows together; "lengths" are [up to tokens, tokens, nats, right ones]."""
        tokens, nats, right = self.lengths.sum(0)
        return {
            "rows": int(self.rows[0]),
            "tokens": int(tokens),
            "mean_loss": nats / tokens if tokens else None,
            "accuracy": right / tokens if tokens else None,
            "read": self._shifted,
            "lengths": [
                [2**place, int(count), float(sum_), int(hits)]
                for place, (count, sum_, hits) in enumerate(self.lengths)
                if count
            ],
        }

    def _by_length(self, batch: Batch, nats: Any, right: Any, counted: Any) -> None:
        length = numpy.arange(1, nats.shape[1] + 1)[None].repeat(len(nats), 0)
        if not self._shifted:
            mask = batch.inputs.get("attention_mask")
            whole = to_numpy(mask).sum(-1) if mask is not None else length.max(-1)
            length[:] = numpy.maximum(whole, 1)[:, None]
        places = numpy.minimum(numpy.ceil(numpy.log2(length[counted])), LENGTHS - 1).astype(int)
        for column, weights in enumerate((None, nats[counted], right[counted])):
            self.lengths[:, column] += numpy.bincount(places, weights, minlength=LENGTHS)

    def _pairs(self, true: Any, said: Any, counted: Any) -> list[list[str]]:
        """[what stood there, what the model said] at the first places that count."""
        places = numpy.flatnonzero(counted)[:PAIRS]
        return [[self._piece(true[place]), self._piece(said[place])] for place in places]


def _foreseen(outputs: Any, labels: Any) -> tuple[Any, Any]:
    """Cross-entropy in nats and the likeliest token of each place, both (texts, tokens)."""
    parts = [slice(None)] if outputs.numel() <= AT_ONCE else [slice(i, i + 1) for i in range(len(outputs))]
    found = [_foreseen_at_once(outputs[part], labels[part]) for part in parts]
    return tuple(numpy.concatenate(arrays) for arrays in zip(*found, strict=True))  # type: ignore[return-value]


def _foreseen_at_once(outputs: Any, labels: Any) -> tuple[Any, Any]:
    from torch.nn.functional import cross_entropy

    logits = outputs.float().transpose(1, 2)
    nats = cross_entropy(logits, labels, reduction="none", ignore_index=IGNORED)
    return to_numpy(nats).astype(numpy.float64), to_numpy(outputs.argmax(-1))
