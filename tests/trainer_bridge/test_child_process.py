"""What a forked child has to be told about itself."""

import multiprocessing

import pytest
import torch
from tokenizers import Tokenizer, models
from transformers import DataCollatorForLanguageModeling, PreTrainedTokenizerFast

from trainer_bridge.child import prepare


def test_a_collator_with_a_seed_works_in_a_child(monkeypatch: pytest.MonkeyPatch) -> None:
    words = Tokenizer(models.WordLevel({"[PAD]": 0, "[MASK]": 1, "a": 2}, unk_token="[PAD]"))
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=words, pad_token="[PAD]", mask_token="[MASK]")
    collate = DataCollatorForLanguageModeling(tokenizer, mlm_probability=0.5, seed=0)
    monkeypatch.setattr(multiprocessing.current_process(), "name", "ForkServerProcess-3")
    with pytest.raises(ValueError, match="Worker process information"):
        collate([{"input_ids": [2] * 8}])
    prepare(torch.get_num_threads())
    assert (collate([{"input_ids": [2] * 8}])["labels"] != -100).any()
