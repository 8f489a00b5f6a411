"""Which rows are learned from and which are evaluated on."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from tests.trainer_bridge.datasets.conftest import Load, table
from trainer_bridge.data_choice import DataProblem
from trainer_bridge.data_files import split_of
from trainer_bridge.data_source import named, parse


def test_held_back_rows_are_the_same_for_one_seed(folder: Path, load: Load) -> None:
    (folder / "a.csv").write_text(table(50))
    first, again, other = (load("a.csv", eval_size=10, eval_seed=seed) for seed in (1, 1, 2))
    assert first.evaluation["text"][:] == again.evaluation["text"][:] != other.evaluation["text"][:]
    assert len(first.train) == 40
    assert not set(first.train["text"]) & set(first.evaluation["text"])


def test_stratified_rows_have_the_same_shares(folder: Path, load: Load) -> None:
    (folder / "a.csv").write_text(table(40, ("a", "b", "b", "b")))
    splits = load("a.csv", eval_size=0.2, stratify=True)
    assert Counter(splits.evaluation["label"]) == {0: 2, 1: 6}


def test_several_evaluations_by_name(folder: Path, load: Load) -> None:
    (folder / "sets").mkdir()
    for name, rows in {"train": 8, "dev": 4, "test": 6}.items():
        (folder / "sets" / f"{name}.csv").write_text(table(rows))
    splits = load("sets", eval_split="validation, test")
    assert {name: len(part) for name, part in splits.evaluation.items()} == {"validation": 4, "test": 6}
    (folder / "hard.csv").write_text(table(2))
    splits = load("sets", eval_source="hard=hard.csv, easy=sets/dev.csv")
    assert {name: len(part) for name, part in splits.evaluation.items()} == {"hard": 2, "easy": 4}


def test_labels_of_all_parts_get_one_numbering(folder: Path, load: Load) -> None:
    (folder / "a.csv").write_text(table(8, ("b", "c")))
    (folder / "e.csv").write_text(table(8, ("a", "c")))
    splits = load("a.csv", eval_source="e.csv")
    assert splits.labels == ["a", "b", "c"]
    assert set(splits.evaluation["label"]) == {0, 2}


def test_limits_take_rows_at_random(folder: Path, load: Load) -> None:
    (folder / "a.csv").write_text(table(100))
    splits = load("a.csv", max_samples=10, max_eval_samples=4)
    assert (len(splits.train), len(splits.evaluation)) == (10, 4)
    assert splits.train["text"][:] != [f"text {n}" for n in range(10)]


@pytest.mark.parametrize(
    ("rows", "labels", "values", "said"),
    [
        (4, "ab", {"eval_size": 4}, "data.eval_size: 4 rows to evaluate on leave nothing to learn from"),
        (
            5,
            "aabba",
            {"train_split": "trian"},
            "data.train_split: There is no split “trian”. Did you mean train?",
        ),
        (5, "aabba", {"eval_split": "dev"}, "data.eval_split: There is no split “dev”. There are: train."),
        (5, "aabbc", {"stratify": True}, "data.stratify: “c” stands in one row only"),
        (
            9,
            "aabbcc",
            {"stratify": True, "eval_size": 2},
            "data.eval_size: Must hold a row of each of the 3 labels",
        ),
    ],
)
def test_what_cannot_be_split_is_said(
    folder: Path, load: Load, rows: int, labels: str, values: dict, said: str
) -> None:
    (folder / "a.csv").write_text(table(rows, tuple(labels)))
    with pytest.raises(DataProblem) as problem:
        load("a.csv", **values)
    assert str(problem.value).startswith(said)


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("train.csv", "train"),
        ("my-dev-set.csv", "validation"),
        ("data/test/0.csv", "test"),
        ("contest.csv", "train"),
        ("latest_valid_1.csv", "validation"),
    ],
)
def test_names_speak_of_splits(name: str, split: str) -> None:
    assert split_of(Path("/sets") / name, Path("/sets")) == split


@settings(max_examples=25)
@given(
    some.dictionaries(
        some.from_regex(r"[a-z_]{1,8}", fullmatch=True), some.from_regex(r"/[a-z./]{1,12}", fullmatch=True)
    )
)
def test_named_sources_are_read_back(sources: dict[str, str]) -> None:
    assert named(", ".join(f"{name}={source}" for name, source in sources.items())) == sources


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("example:languages", "example"),
        ("upload:abc123", "upload"),
        ("/x/y", "files"),
        ("reviews.csv", "files"),
        ("a.csv,b.csv", "files"),
        ("sets/*", "files"),
        ("imdb", "hub"),
        ("nyu-mll/glue", "hub"),
    ],
)
def test_kinds_of_sources(text: str, kind: str) -> None:
    assert parse(text).kind == kind


@pytest.mark.parametrize("text", ["", "a b", "x/y/z", "ftp://host"])
def test_what_is_no_source_is_said(text: str) -> None:
    with pytest.raises(ValueError, match="is no source of data"):
        parse(text)
