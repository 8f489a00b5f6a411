"""Texts that a model writes, against those it should have written."""

from collections.abc import Sequence
from typing import Any

from trainer_bridge.metrics import Metrics, answers, first

_IGNORED = -100
_ROUGE = ("rouge1", "rouge2", "rougeL")


def generation(tokenizer: Any) -> Metrics:
    """ROUGE-1, -2, -L (F), BLEU, chrF, all 0 to 100, share of texts that are right to the letter, and their length.

    With ``predict_with_generate`` predictions are token ids. Where they are logits, the likeliest tokens
    given the right beginning are measured instead, which says less.
    """

    def compute(prediction: Any) -> dict[str, float]:
        found = answers(prediction.predictions, prediction.label_ids)
        written, wanted = (_texts(ids, tokenizer) for ids in (found, prediction.label_ids))
        lengths = (found != tokenizer.pad_token_id) & (found != _IGNORED)
        return compare(written, wanted) | {"written_tokens": float(lengths.sum(-1).mean())}

    return Metrics(compute, _keep)


def compare(written: Sequence[str], wanted: Sequence[str]) -> dict[str, float]:
    """The measures of :func:`generation` for texts, except their length."""
    import sacrebleu

    references = [list(wanted)]
    right = [one.strip() == other.strip() for one, other in zip(written, wanted, strict=True)]
    return {
        **_rouge(written, wanted),
        "bleu": float(sacrebleu.corpus_bleu(list(written), references).score),
        "chrf": float(sacrebleu.corpus_chrf(list(written), references).score),
        "exact_match": sum(right) / len(right),
    }


def _rouge(written: Sequence[str], wanted: Sequence[str]) -> dict[str, float]:
    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer(_ROUGE, tokenizer=_Words())
    scores = [scorer.score(target, text) for text, target in zip(written, wanted, strict=True)]
    return {name: 100 * sum(score[name].fmeasure for score in scores) / len(scores) for name in _ROUGE}


class _Words:
    """Words between spaces, in small letters: the scorer's own tokenizer throws away all but a to z."""

    def tokenize(self, text: str) -> list[str]:
        return text.lower().split()


def _texts(ids: Any, tokenizer: Any) -> list[str]:
    import numpy

    filled = numpy.where(ids == _IGNORED, tokenizer.pad_token_id, ids)
    return list(tokenizer.batch_decode(filled, skip_special_tokens=True))


def _keep(logits: Any, labels: Any) -> Any:
    """Token ids as they are; the likeliest tokens of logits."""
    scores = first(logits)
    return scores.argmax(-1) if scores.is_floating_point() else scores
