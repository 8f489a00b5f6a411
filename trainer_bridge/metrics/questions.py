"""Answers cut out of a text."""

import re
import string
from collections import Counter
from collections.abc import Sequence
from typing import Any

from trainer_bridge.metrics import Metrics

#: Tokens of the longest answer that a model may give.
_LONGEST = 64
_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


def spans(tokenizer: Any) -> Metrics:
    """The scores of :func:`answer_scores`; what a span points at is read from the token ids.

    So the Trainer must hand them over (``include_for_metrics=["inputs"]``). A window of a long text is an item.
    """

    def compute(prediction: Any) -> dict[str, float]:
        if prediction.inputs is None:
            raise ValueError(
                'The set of metrics for answers reads tokens: put "inputs" into include_for_metrics.'
            )
        told, true = prediction.predictions, zip(*prediction.label_ids, strict=True)
        texts = [_cut(ids, span, tokenizer) for ids, span in zip(prediction.inputs, told, strict=True)]
        wanted = [[_cut(ids, span, tokenizer)] for ids, span in zip(prediction.inputs, true, strict=True)]
        return answer_scores(texts, wanted)

    return Metrics(compute, likeliest_span)


def likeliest_span(logits: Any, labels: Any) -> Any:
    """First and last token of each row's likeliest answer, (rows, 2), the last not before the first."""
    import torch

    together = logits[0][:, :, None] + logits[1][:, None, :]
    allowed = torch.ones_like(together[0], dtype=torch.bool).triu().tril(_LONGEST - 1)
    best = together.masked_fill(~allowed, float("-inf")).flatten(1).argmax(-1)
    length = together.shape[-1]
    return torch.stack([best // length, best % length], dim=-1)


def answer_scores(found: Sequence[str], accepted: Sequence[Sequence[str]]) -> dict[str, float]:
    """Share of answers that equal an accepted one, and F1 of their words, both the best over the accepted ones.

    Case, punctuation and English articles do not count. An item without accepted answers wants an empty one.
    """
    pairs = [(text, list(answers) or [""]) for text, answers in zip(found, accepted, strict=True)]
    return {
        "exact_match": _mean([max(float(plain(t) == plain(a)) for a in answers) for t, answers in pairs]),
        "f1": _mean([max(word_f1(t, a) for a in answers) for t, answers in pairs]),
    }


def word_f1(found: str, accepted: str) -> float:
    """F1 of the words that two answers share; 1 when both are empty."""
    words, wanted = plain(found).split(), plain(accepted).split()
    if not words or not wanted:
        return float(words == wanted)
    shared = sum((Counter(words) & Counter(wanted)).values())
    return 2 * shared / (len(words) + len(wanted))


def plain(text: str) -> str:
    """An answer without case, punctuation, English articles and double spaces."""
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def _cut(ids: Any, span: Any, tokenizer: Any) -> str:
    first, last = span
    return str(tokenizer.decode(ids[first : last + 1], skip_special_tokens=True))


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else float("nan")
