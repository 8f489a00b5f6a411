"""Hiding tokens for a masked language model."""

from typing import Any

from trainer_bridge.data_choice import Splits
from trainer_bridge.tasks.rows import Batch, mapped, measured


class Masking:
    """A collator. It hides other tokens of a row each time; where they are hidden already, it only pads."""

    def __init__(self, tokenizer: Any, probability: float) -> None:
        from transformers import DataCollatorForLanguageModeling, DataCollatorForTokenClassification

        self._hide = DataCollatorForLanguageModeling(tokenizer, mlm_probability=probability)
        self._fixed = DataCollatorForLanguageModeling(tokenizer, mlm_probability=probability, seed=0)
        self._pad = DataCollatorForTokenClassification(tokenizer)

    def __call__(self, rows: list[dict[str, Any]]) -> dict[str, Any]:
        return dict(self._pad(rows) if "labels" in rows[0] else self._hide(rows))

    def hide_for_good(self, splits: Splits) -> Splits:
        """``splits`` with tokens hidden in what is measured, so that measurements differ by the model alone."""
        return measured(splits, lambda part: mapped(part, self._hidden))

    def _hidden(self, batch: Batch) -> dict[str, list[Any]]:
        made = [self._fixed([{"input_ids": ids}]) for ids in batch["input_ids"]]
        return {
            name: [row[name][0].tolist() for row in made]
            for name in ("input_ids", "attention_mask", "labels")
        }
