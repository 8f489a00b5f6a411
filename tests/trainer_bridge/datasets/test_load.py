"""What a recipe is given of files, folders and examples."""

import json
from pathlib import Path

import pytest
from datasets import ClassLabel, Dataset, DatasetDict, Features, Value

from tests.trainer_bridge.datasets.conftest import CLASSIFY, Load, table
from trainer_bridge import example_data
from trainer_bridge.data_choice import Column, DataProblem
from trainer_bridge.example_data import Example

ROWS = [{"text": f"text {n}", "label": "good" if n % 2 else "bad"} for n in range(20)]


def test_csv_becomes_text_and_numbered_labels(folder: Path, load: Load) -> None:
    (folder / "reviews.csv").write_text(table())
    splits = load("reviews.csv")
    assert splits.labels == ["bad", "good"]
    assert splits.train.column_names == ["text", "label"]
    assert (len(splits.train), len(splits.evaluation), splits.test) == (18, 2, None)
    assert {(row["text"][5:], row["label"]) for row in splits.train} <= {(str(n), n % 2) for n in range(20)}


def test_splits_of_a_folder_are_found_by_name(folder: Path, load: Load) -> None:
    for name, rows in {"train": 8, "dev": 4, "test": 6}.items():
        (folder / f"{name}.csv").write_text(table(rows))
    splits = load(str(folder))
    assert [len(part) for part in (splits.train, splits.evaluation, splits.test)] == [8, 4, 6]


@pytest.mark.parametrize(
    "name", ["a.jsonl", "a.json", "a.parquet", "a.arrow", "a.tsv", "semicolons.csv", "saved"]
)
def test_every_format_gives_the_same_rows(folder: Path, load: Load, name: str) -> None:
    rows = Dataset.from_list(ROWS)
    place = folder / name
    if name == "a.json":
        place.write_text(json.dumps(ROWS, indent=1))
    elif name == "saved":
        DatasetDict(train=rows).save_to_disk(str(place))
    elif name == "a.arrow":
        write_arrow(rows, place)
    else:
        {
            "a.jsonl": rows.to_json,
            "a.parquet": rows.to_parquet,
            "a.tsv": lambda path: rows.to_csv(path, sep="\t", index=False),
            "semicolons.csv": lambda path: rows.to_csv(path, sep=";", index=False),
        }[name](str(place))
    found = load(name, eval_source=name)
    assert [{"text": r["text"], "label": found.labels[r["label"]]} for r in found.train] == ROWS


def write_arrow(rows: Dataset, place: Path) -> None:
    from datasets.arrow_writer import ArrowWriter

    with ArrowWriter(features=rows.features, path=str(place)) as writer:
        for row in rows:
            writer.write(row)
        writer.finalize()


def test_a_file_beside_a_saved_dataset_is_itself(folder: Path, load: Load) -> None:
    Dataset.from_list(ROWS).save_to_disk(str(folder))
    (folder / "a.csv").write_text(table(4))
    assert len(load("a.csv", eval_size=1).train) == 3
    assert len(load(str(folder), eval_size=1).train) == 19


def test_text_files_are_rows_of_lines(folder: Path, load: Load) -> None:
    (folder / "a.txt").write_text("one\ntwo\nthree\nfour\n")
    splits = load("a.txt", {"text": Column("text")}, eval_size=1)
    assert sorted([*splits.train["text"], *splits.evaluation["text"]]) == ["four", "one", "three", "two"]


def test_a_pattern_and_a_list_of_files_are_one_split(folder: Path, load: Load) -> None:
    for name in ("a", "b", "c"):
        (folder / f"{name}.csv").write_text(table(4))
    assert len(load(f"{folder}/*.csv", eval_size=2).train) == 10
    assert len(load("a.csv, c.csv", eval_size=2).train) == 6


def test_words_that_mean_missing_elsewhere_are_texts(folder: Path, load: Load) -> None:
    (folder / "a.csv").write_text("text,label\nNA,no\nnull,yes\nNone,no\nx,yes\n")
    assert set(load("a.csv", eval_size=1, eval_source="a.csv").train["text"]) == {"NA", "null", "None", "x"}


def test_another_encoding(folder: Path, load: Load) -> None:
    (folder / "a.csv").write_bytes("text,label\nCafé,a\nThé,b\nx,a\n".encode("cp1252"))
    assert "Café" in load("a.csv", encoding="cp1252", eval_source="a.csv").train["text"]
    with pytest.raises(DataProblem, match=r"data\.encoding: a\.csv: line 2 is not utf-8"):
        load("a.csv")


def test_an_example_and_its_own_splits(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    features = Features({"text": Value("string"), "label": ClassLabel(names=["worse", "better"])})
    rows = {"text": ["x"] * 4, "label": [0, 1, 1, 0]}
    made = {name: Dataset.from_dict(rows, features=features) for name in ("train", "validation", "test")}
    made["test"] = Dataset.from_dict(rows | {"label": [-1] * 4}, features=features)
    one = Example("two-words", "Two words", ("text", "label"), lambda: made)
    monkeypatch.setattr(example_data, "catalog", lambda: {"two-words": one})
    splits = load(one.source)
    assert splits.labels == ["worse", "better"]  # a data set's own order stays
    assert splits.test is None  # its labels are withheld
    assert len(splits.evaluation) == 4


def test_labels_may_be_numbers_and_truths(folder: Path, load: Load) -> None:
    (folder / "stars.csv").write_text("text,label\na,10\nb,2\nc,10\nd,2\n")
    (folder / "truth.jsonl").write_text('{"text": "a", "label": true}\n{"text": "b", "label": false}\n' * 2)
    assert load("stars.csv", eval_size=1, eval_source="stars.csv").labels == ["2", "10"]
    assert load("truth.jsonl", eval_source="truth.jsonl").labels == ["false", "true"]


def test_numbers_to_learn_stay_numbers(folder: Path, load: Load) -> None:
    (folder / "a.csv").write_text("text,stars\na,1.5\nb,2\nc,0.5\n")
    splits = load("a.csv", {"text": Column("text"), "score": Column("float")}, eval_source="a.csv")
    assert (splits.labels, splits.train["score"][:]) == (None, [1.5, 2.0, 0.5])


def test_tags_of_tokens(folder: Path, load: Load) -> None:
    rows = [{"words": ["in", "Paris"], "ner": ["O", "CITY"]}, {"words": ["x"], "ner": ["O"]}]
    (folder / "a.json").write_text(json.dumps(rows))
    needs = {"tokens": Column("tokens"), "tags": Column("tags")}
    splits = load("a.json", needs, eval_source="a.json", columns={"tokens": "words", "tags": "ner"})
    assert splits.labels == ["CITY", "O"]
    assert splits.train["tags"][:] == [[1, 0], [1]]


def test_an_optional_role_can_be_refused(folder: Path, load: Load) -> None:
    (folder / "a.csv").write_text("sentence1,sentence2,label\nx,y,a\nu,v,b\n")
    assert load("a.csv", eval_source="a.csv").train.column_names == ["text", "text_pair", "label"]
    assert load("a.csv", eval_source="a.csv", columns={"text_pair": None}).train.column_names == [
        "text",
        "label",
    ]
    with pytest.raises(DataProblem, match="Which column is text"):
        load("a.csv", columns={"text": None})


def test_parts_of_records_are_columns(folder: Path, load: Load) -> None:
    (folder / "a.jsonl").write_text('{"translation": {"de": "Haus", "en": "house"}}\n' * 3)
    needs = {"source": Column("text"), "target": Column("text")}
    columns = {"source": "translation.de", "target": "translation.en"}
    splits = load("a.jsonl", needs, eval_size=1, columns=columns)
    assert splits.train[0] == {"source": "Haus", "target": "house"}


def test_the_record_says_what_the_data_was(folder: Path, load: Load) -> None:
    (folder / "a.csv").write_text(table())
    (folder / "b.csv").write_text(table())
    (folder / "c.csv").write_text(table(21))
    notes = [load(name).notes for name in ("a.csv", "c.csv")]
    assert notes[0]["columns"] == {"text": "sentence", "label": "sentiment"}
    assert notes[0]["rows"] == {"train": 18, "evaluation": 2}
    assert notes[0]["fingerprint"].startswith("sha256:")
    assert notes[0]["fingerprint"] == load("a.csv").notes["fingerprint"] != notes[1]["fingerprint"]
    assert CLASSIFY.keys() >= notes[0]["columns"].keys()
