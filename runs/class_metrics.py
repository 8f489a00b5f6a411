"""Metrics of one class or one slice of the data, told by their names: eval/f1_cat belongs to eval/f1, and eval/cat_f1
and eval/dog_f1 to each other."""

import re
from collections.abc import Iterable

#: Words that make an average of a metric, not a class of it.
_NO_CLASS = re.compile(r"(macro|micro|weighted|samples|mean|std|sem|min|max|median|total|top_?\d+|at_\d+)$")
#: Measures that evaluations of slices end with.
_MEASURES = ("f1", "precision", "recall", "accuracy", "loss", "auc", "roc_auc", "iou", "wer", "exact_match")
#: One class alone is more likely a metric with a longer name.
_FEWEST = 2


def class_metrics(keys: Iterable[str]) -> dict[str, dict[str, str]]:
    """{metric: {class or slice: key}} of those of ``keys`` that are about a part of the data; the metric as the key of
    the whole, "eval/f1"."""
    known = set(keys)
    found: dict[str, dict[str, str]] = {}
    for key in sorted(known):
        whole, part = _split(key, known)
        if part and not _NO_CLASS.match(part):
            found.setdefault(whole, {})[part] = key
    return {whole: parts for whole, parts in found.items() if len(parts) >= _FEWEST}


def _split(key: str, known: set[str]) -> tuple[str, str]:
    """(metric, class), the class "" of a metric about everything."""
    prefix, _, name = key.rpartition("/")
    words = name.split("_")
    for count in range(len(words) - 1, 0, -1):
        whole = f"{prefix}/{'_'.join(words[:count])}"
        if whole in known:
            return whole, "_".join(words[count:])
    for measure in sorted(_MEASURES, key=len, reverse=True):
        if name.endswith(f"_{measure}"):
            return f"{prefix}/{measure}", name.removesuffix(f"_{measure}")
    return key, ""
