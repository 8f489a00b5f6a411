"""How well a model foresees tokens, without keeping the logits of a whole split."""

import math
from typing import Any

from trainer_bridge.metrics import Metrics, first

_IGNORED = -100


def next_token() -> Metrics:
    """Perplexity and accuracy of a causal model, whose output at a place foresees the token at the next one."""
    return Metrics(
        lambda prediction: _measured(prediction.predictions, prediction.label_ids[:, 1:]), _keep_next
    )


def masked_token() -> Metrics:
    """Perplexity and accuracy where a label stands: of masked tokens, or of a written text given its beginning."""
    return Metrics(lambda prediction: _measured(prediction.predictions, prediction.label_ids), _keep_same)


def _keep_next(logits: Any, labels: Any) -> tuple[Any, Any]:
    return _keep_same(first(logits)[:, :-1], labels[:, 1:])


def _keep_same(logits: Any, labels: Any) -> tuple[Any, Any]:
    """Cross-entropy in nats and the likeliest token at each place, both (texts, tokens)."""
    from torch.nn.functional import cross_entropy

    scores = first(logits)
    nats = cross_entropy(scores.float().transpose(1, 2), labels, reduction="none", ignore_index=_IGNORED)
    return nats, scores.argmax(-1)


def _measured(predictions: Any, labels: Any) -> dict[str, float]:
    nats, found = predictions
    counted = labels != _IGNORED
    if not counted.any():
        return {"perplexity": float("nan"), "accuracy": float("nan")}
    mean = float(nats[counted].astype("float64").mean())
    # Above this a float overflows; such a model knows nothing.
    perplexity = math.exp(mean) if mean < 700 else float("inf")
    return {"perplexity": perplexity, "accuracy": float((found == labels)[counted].mean())}
