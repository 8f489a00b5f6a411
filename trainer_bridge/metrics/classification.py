"""One class, or several at once, for each item."""

from typing import Any

from trainer_bridge.metrics import Metrics, answers, first


def single_label() -> Metrics:
    """Accuracy, macro averages of F1, precision and recall, MCC and ROC AUC. Logits are (items, classes).

    Where only the likeliest classes were kept, (items,), there is no ROC AUC.
    """
    return Metrics(_single_label)


def multiple_choice() -> Metrics:
    """Share of right choices. Logits are (items, choices)."""
    return Metrics(lambda prediction: {"accuracy": _accuracy(prediction)})


def multi_label() -> Metrics:
    """F1 over all labels (micro) and averaged over them (macro), share of items with every label right, ROC AUC.

    Logits and labels are (items, labels); a label is given where its logit is above 0.
    """
    return Metrics(_multi_label)


def _single_label(prediction: Any) -> dict[str, float]:
    from sklearn.metrics import precision_recall_fscore_support

    labels = prediction.label_ids
    found = answers(prediction.predictions, labels)
    precision, recall, f1, _ = precision_recall_fscore_support(
        labels, found, average="macro", zero_division=0.0
    )
    return {
        "accuracy": _accuracy(prediction),
        "f1": float(f1),
        "precision": float(precision),
        "recall": float(recall),
        "mcc": _mcc(labels, found),
        **_area(first(prediction.predictions), labels),
    }


def _area(logits: Any, labels: Any) -> dict[str, float]:
    """ROC AUC of the logits relative to the other classes': with two classes the usual area under one curve."""
    from scipy.special import log_softmax

    if logits.ndim == labels.ndim:
        return {}
    return {"roc_auc": _roc_auc(log_softmax(logits, axis=-1), labels[:, None] == _classes(logits))}


def _multi_label(prediction: Any) -> dict[str, float]:
    from sklearn.metrics import f1_score

    logits, labels = first(prediction.predictions), prediction.label_ids > 0.5
    found = logits > 0
    return {
        "f1_micro": float(f1_score(labels, found, average="micro", zero_division=0.0)),
        "f1": float(f1_score(labels, found, average="macro", zero_division=0.0)),
        "exact_match": float((labels == found).all(-1).mean()),
        "roc_auc": _roc_auc(logits, labels),
    }


def _accuracy(prediction: Any) -> float:
    return float((answers(prediction.predictions, prediction.label_ids) == prediction.label_ids).mean())


def _mcc(labels: Any, found: Any) -> float:
    from sklearn.metrics import matthews_corrcoef

    if len(set(labels) | set(found)) < 2:
        return 0.0  # its value by definition; scikit-learn gives it with a warning
    return float(matthews_corrcoef(labels, found))


def _classes(logits: Any) -> Any:
    import numpy

    return numpy.arange(logits.shape[-1])


def _roc_auc(scores: Any, truth: Any) -> float:
    """Each class against the rest, averaged over the classes that the split has with and without; NaN for none.

    Both are (items, classes).
    """
    from sklearn.metrics import roc_auc_score

    measurable = [number for number in range(truth.shape[-1]) if 0 < truth[:, number].mean() < 1]
    areas = [roc_auc_score(truth[:, number], scores[:, number]) for number in measurable]
    return float(sum(areas) / len(areas)) if areas else float("nan")
