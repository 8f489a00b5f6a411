"""The first batch as the model will see it: shapes, tokens back in words, and which labels count."""

import itertools
from collections.abc import Iterable, Sequence
from typing import Any

from trainer_bridge.data_cells import seen
from trainer_bridge.running import columns_used

#: Samples of the batch, and tokens of each, that are written out.
SAMPLES, TOKENS = 4, 128
#: Samples whose lengths are counted, and bars of their histogram.
COUNTED, BARS = 2000, 24
#: Labels with this number take no part in the loss.
IGNORED = -100


def first_batch(trainer: Any) -> dict[str, Any]:
    """{"tensors": [{"name", "shape", "dtype"}], "samples": […]} of what the first step gets; raises what it raises."""
    return _described(next(iter(trainer.get_train_dataloader())), trainer)


def batch_of(trainer: Any, rows: Sequence[int]) -> dict[str, Any]:
    """The same of these rows of the training set, in their order."""
    samples = columns_used(trainer, [trainer.train_dataset[row] for row in rows])
    return _described(trainer.data_collator(samples), trainer)


def _described(batch: Any, trainer: Any) -> dict[str, Any]:
    tensors = {name: value for name, value in batch.items() if hasattr(value, "shape")}
    return {
        "tensors": [
            {"name": name, "shape": list(value.shape), "dtype": str(value.dtype).removeprefix("torch.")}
            for name, value in tensors.items()
        ],
        "samples": [_sample(number, tensors, trainer) for number in range(min(SAMPLES, _rows(tensors)))],
    }


def lengths(dataset: Any, most: int | None) -> dict[str, Any] | None:
    """How many tokens the first samples have, as a histogram; None where they have none. ``most``: where texts end."""
    found = [length for length in itertools.islice(_lengths(dataset), COUNTED) if length is not None]
    if not found:
        return None
    low, high = min(found), max(found)
    width = max(1, -(-(high - low + 1) // BARS))
    counts = [0] * (-(-(high - low + 1) // width))
    for length in found:
        counts[(length - low) // width] += 1
    bars = [
        {"from": low + n * width, "to": low + (n + 1) * width - 1, "count": c} for n, c in enumerate(counts)
    ]
    at_most = sum(length >= most for length in found) if most else 0
    return {
        "bars": bars,
        "of": len(found),
        "longest": high,
        "mean": sum(found) / len(found),
        "most": most,
        "full": at_most,
    }


def _lengths(dataset: Any) -> Iterable[int | None]:
    """The tokens of each row, padding left out; None where a row is no list of tokens."""
    names = set(getattr(dataset, "column_names", None) or ())
    if "input_ids" in names:
        dataset = dataset.select_columns(sorted(names & {"input_ids", "attention_mask"}))
    return (_length(row) for row in dataset if isinstance(row, dict))


def _length(row: dict[str, Any]) -> int | None:
    ids = row.get("input_ids")
    if ids is None or (len(ids) > 0 and hasattr(ids[0], "__len__")):
        return None
    return int(sum(row["attention_mask"])) if "attention_mask" in row else len(ids)


def _rows(tensors: dict[str, Any]) -> int:
    return min((len(value) for value in tensors.values() if value.ndim), default=0)


def _sample(number: int, tensors: dict[str, Any], trainer: Any) -> dict[str, Any]:
    """One row of the batch: {"tokens", "padding", "counted"}, {"choices"} or nothing of its input; and "label"."""
    row = {name: value[number] for name, value in tensors.items() if value.ndim}
    tokenizer = getattr(trainer.processing_class, "tokenizer", trainer.processing_class)
    labels = row.get("labels")
    ids = row.get("input_ids")
    if ids is None or ids.ndim == 0:
        return seen(row) | ({} if labels is None else {"label": _label(labels, trainer)})
    if ids.ndim == 2:
        return {
            "choices": _choices(ids, row.get("attention_mask"), tokenizer),
            "label": str(labels.tolist() if labels is not None else ""),
        }
    aligned = labels is not None and labels.shape == ids.shape and not _is_encoder_decoder(trainer)
    own = labels.tolist() if labels is not None and aligned else None
    sample = _tokens(ids.tolist(), row, own, tokenizer, trainer)
    if "start_positions" in row:
        start, end = int(row["start_positions"]), int(row["end_positions"])
        return sample | {"label": _words(tokenizer, ids.tolist()[start : end + 1])}
    if labels is None or aligned:
        return sample
    if labels.ndim and _tells_tokens(trainer):
        return sample | {"label": _words(tokenizer, [token for token in labels.tolist() if token != IGNORED])}
    return sample | {"label": _label(labels, trainer)}


def _choices(ids: Any, mask: Any, tokenizer: Any) -> list[str]:
    """The inputs that are chosen from, in words, without padding."""
    rows = (
        ids.tolist()
        if mask is None
        else [one[kept.bool()].tolist() for one, kept in zip(ids, mask, strict=True)]
    )
    return [_words(tokenizer, row) for row in rows]


def _tokens(
    ids: list[int], row: dict[str, Any], labels: list[int] | None, tokenizer: Any, trainer: Any
) -> dict[str, Any]:
    """The tokens that are no padding, each with what is asked of it where that is another thing than itself."""
    mask = row["attention_mask"].tolist() if "attention_mask" in row else [1] * len(ids)
    places = [place for place in range(len(ids)) if mask[place]]
    shown = [
        {"text": _word(tokenizer, ids[place])}
        | ({} if labels is None else _target(labels[place], ids[place], tokenizer, trainer))
        for place in places[:TOKENS]
    ]
    found = {"tokens": shown, "more": len(places) - len(shown), "padding": len(ids) - len(places)}
    if labels is not None:
        found["counted"] = sum(label != IGNORED for label in labels)
    return found


def _target(label: int, token: int, tokenizer: Any, trainer: Any) -> dict[str, Any]:
    """What is asked of a token: nothing ("ignored"), itself, another token, or a tag."""
    if label == IGNORED:
        return {"ignored": True}
    if _tells_tokens(trainer):
        return {} if label == token else {"label": _word(tokenizer, label)}
    return {"label": _names(trainer).get(label, str(label))}


def _tells_tokens(trainer: Any) -> bool:
    """Whether the model's labels are tokens, as those of language models are, and not numbers of classes."""
    return getattr(trainer.model, "get_output_embeddings", lambda: None)() is not None


def _is_encoder_decoder(trainer: Any) -> bool:
    return bool(getattr(getattr(trainer.model, "config", None), "is_encoder_decoder", False))


def _names(trainer: Any) -> dict[int, str]:
    found = getattr(getattr(trainer.model, "config", None), "id2label", None) or {}
    return {int(number): name for number, name in found.items()}


def _label(value: Any, trainer: Any) -> str:
    plain = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(plain, int):
        return _names(trainer).get(plain, str(plain))
    return f"{plain:.6g}" if isinstance(plain, float) else str(plain)[:200]


def _word(tokenizer: Any, token: int) -> str:
    """One token as a person reads it; models whose tokens are bytes or pieces have their own way of writing them."""
    if not hasattr(tokenizer, "decode"):
        return str(token)
    word = tokenizer.decode([token]) or tokenizer.convert_ids_to_tokens(token)
    return word.replace("\n", "⏎").replace("\t", "⇥")


def _words(tokenizer: Any, tokens: list[int]) -> str:
    return tokenizer.decode(tokens)[:400] if hasattr(tokenizer, "decode") else str(tokens)[:400]
