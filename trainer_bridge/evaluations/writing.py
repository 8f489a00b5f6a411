"""What a language model writes after the beginnings of a few fixed rows."""

from typing import Any

from trainer_bridge.evaluations.look import Look

#: How many beginnings, tokens of each, and tokens that are written.
PROMPTS, READ, WRITTEN = 3, 24, 40


def prompts_of(batch: Any) -> list[list[int]]:
    """Token ids of the first rows of the first batch: {beginning and reference} of each, without padding."""
    ids, mask = batch.inputs.get("input_ids"), batch.inputs.get("attention_mask")
    if ids is None or ids.ndim != 2:
        return []
    rows = range(min(PROMPTS, len(ids)))
    kept = [ids[i][mask[i].bool()] if mask is not None else ids[i] for i in rows]
    return [row[: READ + WRITTEN].tolist() for row in kept if len(row) > 2]


def written(model: Any, prompts: list[list[int]], look: Look) -> list[dict[str, str]]:
    """For each prompt what the model writes, always choosing the likeliest token: the same weights say the same."""
    import torch

    samples = []
    # Those that begin with as many tokens are written together; none needs padding.
    for read in sorted({_beginning(tokens) for tokens in prompts}):
        alike = [tokens for tokens in prompts if _beginning(tokens) == read]
        start = torch.tensor([tokens[:read] for tokens in alike], device=model.device)
        with torch.no_grad():
            found = model.generate(
                start,
                attention_mask=torch.ones_like(start),
                do_sample=False,
                num_beams=1,
                max_new_tokens=_room(model, read),
                pad_token_id=_pad(model),
            )
        samples += [_sample(tokens, ids, read, look) for tokens, ids in zip(alike, found, strict=True)]
    return samples


def _beginning(tokens: list[int]) -> int:
    return min(READ, len(tokens) // 2)


def _sample(tokens: list[int], found: Any, read: int, look: Look) -> dict[str, str]:
    return {
        "prompt": look.written(tokens[:read]),
        "said": look.written(found[read:]),
        "true": look.written(tokens[read : read + WRITTEN]),
    }


def _room(model: Any, read: int) -> int:
    """Tokens that may be written: no more than the model has places for."""
    places = getattr(model.config, "max_position_embeddings", None) or read + WRITTEN
    return max(1, min(WRITTEN, places - read))


def _pad(model: Any) -> int:
    """A token for padding, which one prompt at a time never needs, but generate asks for."""
    for name in ("pad_token_id", "eos_token_id"):
        if isinstance(found := getattr(model.config, name, None), int):
            return found
    return 0
