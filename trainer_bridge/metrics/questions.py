"""Answers cut out of a text."""

import re
import string
from collections import Counter
from collections.abc import Sequence

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


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


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else float("nan")
