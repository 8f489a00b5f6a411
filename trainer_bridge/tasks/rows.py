"""Rows of data by role, made into what a model takes."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

from trainer_bridge.data_choice import Splits

Batch = Mapping[str, list[Any]]
Encode = Callable[[Batch], dict[str, list[Any]]]
#: Texts that a tokenizer is trained on at most.
_MOST_TEXTS = 50_000


def prepared(splits: Splits, encode: Encode) -> Splits:
    """``splits`` with each part's columns replaced by what ``encode`` makes of a batch of rows."""
    return measured(replace(splits, train=mapped(splits.train, encode)), lambda part: mapped(part, encode))


def decoded(splits: Splits, encode: Encode) -> Splits:
    """The same, done whenever a row is asked for: for images and sounds, which are too large to keep."""
    return measured(replace(splits, train=_later(splits.train, encode)), lambda part: _later(part, encode))


def measured(splits: Splits, change: Callable[[Any], Any]) -> Splits:
    """``splits`` with every part that is only measured changed."""
    evaluation = splits.evaluation
    if isinstance(evaluation, dict):
        evaluation = {name: change(part) for name, part in evaluation.items()}
    else:
        evaluation = change(evaluation)
    return replace(splits, evaluation=evaluation, test=None if splits.test is None else change(splits.test))


def mapped(part: Any, encode: Encode) -> Any:
    """A dataset with its columns replaced by what ``encode`` makes of a batch of rows."""
    return part.map(encode, batched=True, remove_columns=list(part.column_names or part.features))


class Later:
    """A dataset whose rows are encoded when they are asked for."""

    def __init__(self, part: Any, encode: Encode) -> None:
        self._part, self._encode = part, encode

    def __len__(self) -> int:
        return len(self._part)

    def __getitem__(self, place: int) -> dict[str, Any]:
        return self.__getitems__([place])[0]

    def __getitems__(self, places: list[int]) -> list[dict[str, Any]]:
        """Asked for by torch's loader: a batch in one go."""
        batch = self._encode(self._part[places])
        return [{name: values[row] for name, values in batch.items()} for row in range(len(places))]


def text_encoder(
    tokenizer: Any, model: Any, max_length: int, label: str = "", kind: Callable[[Any], Any] = int
) -> Encode:
    """Encodes "text", or the pair with "text_pair" where that is there, with the ``label`` as ``kind``."""
    length = longest(max_length, tokenizer, model)

    def encode(batch: Batch) -> dict[str, list[Any]]:
        pair = [batch["text_pair"]] if "text_pair" in batch else []
        encoded = tokenizer(batch["text"], *pair, truncation=True, max_length=length)
        return {**encoded, **({"labels": list(map(kind, batch[label]))} if label else {})}

    return encode


def folded(values: list[Any], lengths: Iterable[int]) -> list[list[Any]]:
    """A flat list as lists of the given lengths."""
    left = iter(values)
    return [list(islice(left, length)) for length in lengths]


def texts(part: Any, *roles: str) -> Iterator[str]:
    """The texts of these roles, those that are there, of the first rows; of lists of texts each one."""
    for row in islice(part, _MOST_TEXTS):
        for value in (row[role] for role in roles if row.get(role) is not None):
            yield from value if isinstance(value, list) else [value]


def longest(max_length: int, tokenizer: Any, model: Any) -> int:
    """How many tokens a row may have: what is asked for, as far as tokenizer and model take it."""
    config = model.config
    positions = getattr(config, "max_position_embeddings", None) or max_length
    # RoBERTa and its kin count positions from behind the padding token on.
    if config.model_type in ("roberta", "xlm-roberta", "camembert"):
        positions -= config.pad_token_id + 1
    return int(min(max_length, tokenizer.model_max_length, positions))


def labels_config(names: list[str]) -> dict[str, Any]:
    """What a model's config says about its labels, so that an exported folder answers in words."""
    return {
        "num_labels": len(names),
        "id2label": dict(enumerate(names)),
        "label2id": {name: number for number, name in enumerate(names)},
    }


def _later(part: Any, encode: Encode) -> Any:
    """Of a stream, whose rows come when they are asked for anyway, a mapped one."""
    return Later(part, encode) if hasattr(part, "__len__") else mapped(part, encode)
