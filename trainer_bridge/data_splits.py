"""Which rows are learned from, evaluated on, and measured once at the end."""

import math
from collections import Counter
from collections.abc import Mapping
from typing import Any

from trainer_bridge.data_problem import DataProblem
from trainer_bridge.data_read import read
from trainer_bridge.data_rows import is_stream
from trainer_bridge.data_source import named
from trainer_bridge.fields import did_you_mean

#: Names of a split to evaluate on, where none is named.
_VALIDATION = ("validation", "valid", "val", "dev", "eval")
#: Keys of the parts of a choice: "train", "test", and each evaluation split by its name.
TRAIN, TEST, EVAL = "train", "test", "eval:"


def choose(splits: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Part → dataset, of the source's ``splits``: TRAIN, EVAL + name for each split to evaluate on, and TEST if there
    is one.

    Without an EVAL part the evaluation is still to be held back from TRAIN (see :func:`hold_back`).
    """
    parts = {TRAIN: _named(splits, values["train_split"], "train_split")}
    evaluation = _evaluation(splits, values)
    parts |= {EVAL + name: split for name, split in evaluation.items()}
    used = {values["train_split"], values["eval_split"]}
    if values["test_split"] or (TEST in splits and TEST not in used):
        parts[TEST] = _named(splits, values["test_split"] or TEST, "test_split")
    return parts


def spoken(part: str) -> str:
    """What to call a part in a sentence."""
    return part.removeprefix(EVAL) or "evaluation"


def hold_back(parts: Mapping[str, Any], values: Mapping[str, Any], label: str | None) -> dict[str, Any]:
    """``parts`` with an evaluation taken out of TRAIN, where they have none. ``label``: the role to stratify by."""
    if any(name.startswith(EVAL) for name in parts):
        return dict(parts)
    train = parts[TRAIN]
    if is_stream(train):
        return {**parts, **_first_rows(train, values["eval_size"])}
    stratify = label if values["stratify"] else None
    _check_size(train, values["eval_size"])
    if stratify:
        _check_classes(train, stratify, values["eval_size"])
    halves = train.train_test_split(
        test_size=values["eval_size"], seed=values["eval_seed"], stratify_by_column=stratify
    )
    return {**parts, TRAIN: halves["train"], EVAL: halves["test"]}


def planned(rows: Mapping[str, int | None], values: Mapping[str, Any]) -> dict[str, int | None]:
    """How many rows each part will have once the evaluation is held back and limits are kept; ``rows``: as chosen.

    None where nobody knows.
    """
    found, train = dict(rows), rows[TRAIN]
    if not any(name.startswith(EVAL) for name in rows):
        size = values["eval_size"]
        taken = int(size) if size >= 1 else None if train is None else math.ceil(train * size)
        found[EVAL] = taken
        found[TRAIN] = None if train is None or taken is None else max(0, train - taken)
    return {name: _at_most(count, _limit(name, values)) for name, count in found.items()}


def _limit(name: str, values: Mapping[str, Any]) -> int | None:
    return None if name == TEST else values["max_samples" if name == TRAIN else "max_eval_samples"]


def _at_most(count: int | None, most: int | None) -> int | None:
    return count if count is None or most is None else min(count, most)


def limit(parts: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """``parts`` with at most as many rows as asked for; which ones depends on eval_seed alone."""
    return {name: _first(part, _limit(name, values), values["eval_seed"]) for name, part in parts.items()}


def shuffled(train: Any, buffer: int) -> Any:
    """A stream in an order of its own for each seed of a run; other datasets the Trainer shuffles itself."""
    if not is_stream(train) or not buffer:
        return train
    import torch

    return train.shuffle(seed=torch.initial_seed() % 2**32, buffer_size=buffer)


def _first_rows(train: Any, size: float) -> dict[str, Any]:
    """The first rows of a stream to evaluate on, in memory; those after them to learn from."""
    from datasets import Dataset

    if size < 1:
        raise DataProblem("eval_size", "A stream has no length to take a share of: give a number of rows.")
    first = Dataset.from_list(list(train.take(int(size))), features=train.features)
    return {TRAIN: train.skip(int(size)), EVAL: first}


def _evaluation(splits: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    if values["eval_source"]:
        sources = named(values["eval_source"])
        return {name: _read_only(source, name, values) for name, source in sources.items()}
    if values["eval_split"]:
        names = [name.strip() for name in values["eval_split"].split(",") if name.strip()]
        chosen = {name: _named(splits, name, "eval_split") for name in names}
        return chosen if len(chosen) > 1 else {"": chosen[names[0]]}
    found = next((splits[name] for name in _VALIDATION if name in splits), None)
    return {} if found is None else {"": found}


def _read_only(source: str, name: str, values: Mapping[str, Any]) -> Any:
    """Of data given to evaluate on, the split that is called so; else the validation split, else what there is."""
    try:
        splits = read(source, values)
    except DataProblem as problem:
        field = "eval_source" if problem.field == "source" else problem.field
        raise DataProblem(field, problem.sentence) from problem
    for wanted in (name, *_VALIDATION, TEST, TRAIN):
        if wanted in splits:
            return splits[wanted]
    return next(iter(splits.values()))


def _named(splits: Mapping[str, Any], name: str, field: str) -> Any:
    if name not in splits:
        hint = did_you_mean(name, splits) or f" There are: {', '.join(splits)}."
        raise DataProblem(field, f"There is no split “{name}”.{hint}")
    return splits[name]


def _check_size(train: Any, size: float) -> None:
    rows = len(train)
    taken = -(-rows * size // 1) if size < 1 else size
    if not 0 < taken < rows:
        raise DataProblem(
            "eval_size", f"{taken:,.0f} rows to evaluate on leave nothing to learn from: there are {rows:,}."
        )


def _check_classes(train: Any, label: str, size: float) -> None:
    counts = Counter(train[label])
    names = train.features[label].names
    if rare := [names[number] for number, count in counts.items() if count < 2]:
        raise DataProblem(
            "stratify",
            f"“{rare[0]}” stands in one row only{f', and so do {len(rare) - 1} other labels' if rare[1:] else ''}: a "
            "label needs two rows to be in both parts. Turn stratify off, or leave such rows out.",
        )
    taken = size * len(train) if size < 1 else size
    if min(taken, len(train) - taken) < len(counts):
        raise DataProblem(
            "eval_size", f"Must hold a row of each of the {len(counts)} labels, with stratify on."
        )


def _first(part: Any, most: int | None, seed: int) -> Any:
    if most is None:
        return part
    if is_stream(part):
        return part.take(most)
    if len(part) <= most:
        return part
    return part.shuffle(seed=seed).select(range(most))
