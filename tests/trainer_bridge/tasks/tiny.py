"""A tiny spec for every built-in recipe: 40 rows of different lengths, 16 of them to measure; no dropout."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

_WORDS = ["one", "two", "three", "four", "five", "six", "seven"]
_NO_DROPOUT = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
_SOUND_NO_DROPOUT = dict.fromkeys(
    ("hidden_dropout", "attention_dropout", "activation_dropout", "feat_proj_dropout", "final_dropout"), 0.0
)
_SMALL_BART = {
    "d_model": 16,
    "encoder_layers": 1,
    "decoder_layers": 1,
    "dropout": 0.0,
    "attention_dropout": 0.0,
    "activation_dropout": 0.0,
}
_BERT = {
    "vocab_size": 300,
    "config": {
        "hidden_size": 16,
        "num_hidden_layers": 1,
        "intermediate_size": 16,
        "initializer_range": 0.2,
        **_NO_DROPOUT,
    },
}


def _text(number: int) -> str:
    return " ".join(_WORDS[: 1 + number % 7])


#: Recipe → a row of its data, by number.
ROWS: dict[str, Any] = {
    "text-classification": lambda n: {"text": _text(n), "label": ["odd", "even"][n % 2]},
    "text-regression": lambda n: {"text": _text(n), "text_pair": _text(n + 1), "score": n / 4},
    "token-classification": lambda n: {
        "tokens": _text(n).split(),
        "tags": ["long" if len(word) > 3 else "short" for word in _text(n).split()],
    },
    "causal-lm": lambda n: {"text": f"{_text(n)} {_text(n + 2)} {_text(n + 4)}"},
    "masked-lm": lambda n: {"text": _text(n)},
    "seq2seq": lambda n: {"source": _text(n), "target": _text(n + 1)},
    "question-answering": lambda n: {
        "question": _WORDS[n % 7],
        "context": f"{_text(n)} is {_text(n + 3)}",
        "answers": {"text": ["is"], "answer_start": [len(_text(n)) + 1]},
    },
    "word2vec": lambda n: {"text": _text(n)},
    "multiple-choice": lambda n: {
        "question": _text(n),
        "choices": [_text(n), _text(n + 1), "none"],
        "label": n % 3,
    },
}
#: Recipe → the rest of its spec.
REST: dict[str, dict[str, Any]] = {
    "digits-vit": {"params": {"hidden_size": 8, "num_hidden_layers": 1}},
    "language-id": {"params": {"languages": 2, "vocab_size": 500, "hidden_size": 8, "dropout": 0.0}},
    "stdlib-lm": {
        "params": {"train_kilobytes": 16, "block_size": 32, "hidden_size": 8, "num_hidden_layers": 1}
    },
    "text-classification": {"model": _BERT},
    "text-regression": {"model": _BERT},
    "token-classification": {"model": _BERT},
    "causal-lm": {
        "params": {"block_size": 8},
        "model": {"vocab_size": 300, "config": {"hidden_size": 16, "num_hidden_layers": 1}},
    },
    "question-answering": {"model": _BERT},
    "seq2seq": {
        "model": {"vocab_size": 300, "config": _SMALL_BART},
    },
    "linear-regression": {"params": {"points": 100}},
    "word2vec": {"params": {"vector_size": 8, "min_count": 1}},
    "masked-lm": {"params": {"mlm_probability": 0.4}, "model": _BERT},
    "multiple-choice": {"model": _BERT},
    "image-classification": {
        "params": {"image_size": 16},
        "model": {"config": {"hidden_size": 16, "num_hidden_layers": 1}},
        "data": {"max_samples": 24, "max_eval_samples": 8},
    },
    "audio-classification": {
        "model": {"config": {"hidden_size": 16, "num_hidden_layers": 1, **_SOUND_NO_DROPOUT}},
        "data": {"max_samples": 24, "max_eval_samples": 8},
    },
}


def spec(recipe: str, folder: Path, **args: Any) -> dict[str, Any]:
    """The tiny spec, its rows written where a worker with the data folder ``folder`` reads them."""
    made = {"recipe": recipe, "args": args, **REST[recipe]}
    if recipe in ROWS:
        path = folder / "datasets" / f"{recipe}.jsonl"
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(json.dumps(ROWS[recipe](number)) + "\n" for number in range(40)))
        made["data"] = {"source": path.name, "eval_size": 16}
    return made


def some_slow(names: Iterable[str], *everyday: str) -> list[Any]:
    """Parameters of a test: the ``everyday`` names are run always, the others with the slow tests."""
    return [name if name in everyday else pytest.param(name, marks=pytest.mark.slow) for name in names]
