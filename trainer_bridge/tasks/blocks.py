"""Texts as blocks of one length, for language models."""

from typing import Any

from trainer_bridge.tasks.rows import Batch, Encode


def block_encoder(tokenizer: Any, size: int) -> Encode:
    """Joins the "text"s of a batch, each ended by the tokenizer's mark, and cuts them into blocks of ``size`` tokens.

    What is left over at the end of a batch is dropped.
    """
    ends = [] if tokenizer.eos_token_id is None else [tokenizer.eos_token_id]

    def encode(batch: Batch) -> dict[str, list[Any]]:
        encoded = tokenizer(batch["text"], add_special_tokens=False)["input_ids"]
        joined = [token for tokens in encoded for token in (*tokens, *ends)]
        blocks = [joined[start : start + size] for start in range(0, len(joined) - size + 1, size)]
        return {"input_ids": blocks, "labels": blocks}

    return encode
