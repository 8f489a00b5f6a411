"""What a model makes of one input, by its kind: JSON for the page."""

import time
from collections.abc import Callable
from typing import Any

from trainer_bridge.metrics.questions import likeliest_span
from trainer_bridge.predict.inputs import tensors
from trainer_bridge.predict.model import Loaded

#: Classes and tokens that are told, and tokens that are written.
TOP, WRITTEN = 10, 80


def answer(loaded: Loaded, given: dict[str, str]) -> dict[str, Any]:
    """``given``: "text", "second", or "image" and "audio" as base64. Raises ValueError with a sentence."""
    import torch

    inputs, remark = tensors(loaded, given)
    began = time.perf_counter()
    with torch.no_grad():
        found = _ANSWERS[loaded.kind.name](loaded, inputs)
    return {**found, "seconds": time.perf_counter() - began, "remark": remark}


def _classes(loaded: Loaded, inputs: dict[str, Any]) -> dict[str, Any]:
    logits = loaded.model(**inputs).logits[0].float()
    config = loaded.model.config
    if logits.numel() == 1:
        return {"kind": "number", "value": float(logits)}
    several = config.problem_type == "multi_label_classification"
    scores = logits.sigmoid() if several else logits.softmax(-1)
    best = scores.topk(min(TOP, len(scores)))
    pairs = zip(best.indices.tolist(), best.values.tolist(), strict=True)
    return {
        "kind": "labels" if several else "classes",
        "scores": [[loaded.label(c), score] for c, score in pairs],
    }


def _tags(loaded: Loaded, inputs: dict[str, Any]) -> dict[str, Any]:
    scores = loaded.model(**inputs).logits[0].float().softmax(-1)
    best = scores.max(-1)
    special = set(loaded.processor.all_special_ids)
    rows = zip(inputs["input_ids"][0].tolist(), best.indices.tolist(), best.values.tolist(), strict=True)
    tokens = [
        [loaded.processor.decode([token]).strip(), loaded.label(tag), score]
        for token, tag, score in rows
        if token not in special
    ]
    return {"kind": "tags", "tokens": tokens[:200]}


def _span(loaded: Loaded, inputs: dict[str, Any]) -> dict[str, Any]:
    found = loaded.model(**inputs)
    logits = (found.start_logits.float(), found.end_logits.float())
    first, last = likeliest_span(logits, None)[0].tolist()
    sure = logits[0].softmax(-1)[0, first] * logits[1].softmax(-1)[0, last]
    text = loaded.processor.decode(inputs["input_ids"][0, first : last + 1], skip_special_tokens=True)
    return {"kind": "text", "text": text, "score": float(sure)}


def _masks(loaded: Loaded, inputs: dict[str, Any]) -> dict[str, Any]:
    mask = loaded.processor.mask_token_id
    places = (inputs["input_ids"][0] == mask).nonzero().flatten().tolist()
    if not places:
        raise ValueError(f"The text holds no {loaded.processor.mask_token}, so there is nothing to fill in.")
    scores = loaded.model(**inputs).logits[0].float().softmax(-1)
    masks = []
    for place in places[:8]:
        best = scores[place].topk(5)
        pairs = zip(best.indices.tolist(), best.values.tolist(), strict=True)
        masks.append([[loaded.processor.decode([token]), score] for token, score in pairs])
    return {"kind": "masks", "masks": masks}


def _writing(loaded: Loaded, inputs: dict[str, Any]) -> dict[str, Any]:
    model, config = loaded.model, loaded.model.config
    given = {name: inputs[name] for name in ("input_ids", "attention_mask") if name in inputs}
    whole = bool(getattr(config, "is_encoder_decoder", False))
    read = 0 if whole else given["input_ids"].shape[1]
    places = getattr(config, "max_position_embeddings", None) or read + WRITTEN
    if places <= read:
        # The end of the text is read; what is written needs places too.
        kept = max(1, places // 2)
        given, read = {name: value[:, -kept:] for name, value in given.items()}, kept
    count = WRITTEN if whole else min(WRITTEN, places - read)
    pad = next((n for n in (config.pad_token_id, config.eos_token_id) if isinstance(n, int)), 0)
    found = model.generate(**given, do_sample=False, max_new_tokens=count, pad_token_id=pad)
    text = loaded.processor.decode(found[0, read:], skip_special_tokens=True)
    return {"kind": "text", "text": text}


_ANSWERS: dict[str, Callable[[Loaded, dict[str, Any]], dict[str, Any]]] = {
    "classes": _classes,
    "tags": _tags,
    "span": _span,
    "masks": _masks,
    "writing": _writing,
}
