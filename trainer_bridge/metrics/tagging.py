"""A tag for each token: names, places, parts of speech.

The usual package for this (seqeval) has had no release since 2020; the rule is short, so it stands here.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from trainer_bridge.metrics import Metrics, answers, most_likely

#: What a token without a label carries: a piece of a word, padding.
_IGNORED = -100
#: (kind, first token, last token + 1)
Entity = tuple[str, int, int]
_BEGINS = frozenset("BSU")


def tagging(names: Sequence[str]) -> Metrics:
    """Precision, recall and F1 of whole entities (micro), and the share of right tokens.

    ``names``: the tag of each class id, "B-PER" and "I-PER" or "O" and so on. Tags of another form (parts of
    speech) have no entities: precision, recall and F1 are then averages over the tags. Logits are
    (texts, tokens, tags).
    """
    entities = any(name[:2] in ("B-", "I-") for name in names)

    def compute(prediction: Any) -> dict[str, float]:
        pairs = _labelled(prediction)
        right = sum(found == truth for text in pairs for found, truth in text)
        total = sum(map(len, pairs))
        measured = _of_entities(pairs, names) if entities else _of_tags(pairs)
        return measured | {"accuracy": right / total if total else float("nan")}

    return Metrics(compute, most_likely)


def entities_of(tags: Iterable[str]) -> set[Entity]:
    """The entities in one text's tags. A kind that changes begins a new one, with or without B-."""
    found: set[Entity] = set()
    kind, start = "", 0
    for place, tag in enumerate([*tags, "O"]):
        prefix, _, name = tag.partition("-")
        name = name if prefix != "O" else ""
        if kind and (name != kind or prefix in _BEGINS):
            found.add((kind, start, place))
            kind = ""
        if name and not kind:
            kind, start = name, place
    return found


def _labelled(prediction: Any) -> list[list[tuple[int, int]]]:
    """For each text the found and the true class of its labelled tokens."""
    truth = prediction.label_ids
    found = answers(prediction.predictions, truth)
    return [
        [(int(f), int(t)) for f, t in zip(one_found, one_truth, strict=True) if t != _IGNORED]
        for one_found, one_truth in zip(found, truth, strict=True)
    ]


def _of_entities(pairs: list[list[tuple[int, int]]], names: Sequence[str]) -> dict[str, float]:
    found = [entities_of(names[f] for f, _ in text) for text in pairs]
    truth = [entities_of(names[t] for _, t in text) for text in pairs]
    right = sum(len(f & t) for f, t in zip(found, truth, strict=True))
    precision = _share(right, sum(map(len, found)))
    recall = _share(right, sum(map(len, truth)))
    return {
        "precision": precision,
        "recall": recall,
        "f1": _share(2 * precision * recall, precision + recall),
    }


def _of_tags(pairs: list[list[tuple[int, int]]]) -> dict[str, float]:
    from sklearn.metrics import precision_recall_fscore_support

    found = [f for text in pairs for f, _ in text]
    truth = [t for text in pairs for _, t in text]
    averages = precision_recall_fscore_support(truth, found, average="macro", zero_division=0.0)
    return {name: float(value) for name, value in zip(("precision", "recall", "f1"), averages, strict=False)}


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
