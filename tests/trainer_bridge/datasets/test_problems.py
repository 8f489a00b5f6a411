"""Everything that can be wrong with data is said at its field, before or instead of a training."""

from pathlib import Path

import pytest

from tests.trainer_bridge.datasets.conftest import Load, table
from trainer_bridge.data_choice import Column, DataProblem
from trainer_bridge.data_fields import DATA_FIELDS, DATA_RULES

SAID = [
    ("missing.csv", None, {}, "source", "There is no file or folder"),
    ("a.csv", "", {}, "source", "a.csv is empty."),
    ("a.csv", "text,label\n", {}, "source", "a.csv: has a header, but no rows."),
    ("a.csv", "text,label\nx,a\nx,y,b\n", {}, "source", "a.csv: line 3 has 3 cells; the header has 2."),
    ("a.jsonl", '{"text": "x", "label": "a"}\n{"text"\n', {}, "source", "a.jsonl: line 2 is not JSON"),
    ("a.csv", "a,b\nx,y\n", {}, "columns", "Which column is text (text) and label (labels)? There are: a (text)"),
    ("a.csv", "text,label\nx,a\ny,a\n", {}, "columns", "label needs two labels or more; it has only one: a"),
    ("a.csv", table(), {"columns": {"text": "sentense"}}, "columns", "no column “sentense”. Did you mean sentence?"),
    ("a.csv", table(), {"columns": {"txt": "sentence"}}, "columns", "uses no “txt”, only text, text_pair, label. Did"),
    ("a.csv", "text,label\n1,a\n2,b\n", {}, "columns", "“text” holds whole numbers, but text needs text."),
    ("a.csv", table(12, tuple("abcdefghijkl")), {"max_labels": 10}, "columns", "12 distinct values (“a”, “b”, …)"),
    ("a.csv", "text,label\nx,a\n,b\n", {}, "skip_bad_rows", "1 of 2 rows of the train split cannot be used (row 2"),
    ("a.csv", "text,label\nx,\ny,\n", {"skip_bad_rows": True}, "columns", "“label” holds"),
    ("a.xyz", "x", {}, "source", "holds no file of a known kind: .csv"),
    ("a.csv", table(), {"format": "parquet"}, "source", "Cannot be read as parquet"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "values", "field", "said"), SAID)
def test_a_problem_is_said_at_its_field(
    folder: Path, load: Load, name: str, content: str | None, values: dict, field: str, said: str
) -> None:
    if content is not None:
        (folder / name).write_text(content)
    with pytest.raises(DataProblem) as problem:
        load(str(folder / name), **values)
    assert problem.value.field == field
    assert said in problem.value.sentence


def test_ten_thousand_labels_are_a_wrong_column(folder: Path, load: Load) -> None:
    rows = "".join(f"text {n},{n}\n" for n in range(10_000))
    (folder / "a.csv").write_text(f"text,label\n{rows}")
    with pytest.raises(DataProblem, match=r"10,000 distinct values .* more than 1,000: are these labels\?"):
        load("a.csv")


def test_bad_rows_are_left_out_where_a_person_says_so(folder: Path, load: Load) -> None:
    (folder / "a.csv").write_text(table(20) + ",good\nx,\n")
    splits = load("a.csv", skip_bad_rows=True)
    assert len(splits.train) + len(splits.evaluation) == 20
    assert splits.notes["left_out"] == {"train": 2}


def test_a_missing_number_is_a_bad_row(folder: Path, load: Load) -> None:
    (folder / "a.csv").write_text("text,label\nx,1.5\ny,\n")
    with pytest.raises(DataProblem, match="row 2: label is missing"):
        load("a.csv", {"text": Column("text"), "label": Column("float")})


def test_tokens_and_tags_must_be_as_many(folder: Path, load: Load) -> None:
    (folder / "a.jsonl").write_text(
        '{"tokens": ["a", "b"], "tags": ["X"]}\n{"tokens": ["a"], "tags": ["Y"]}\n'
    )
    with pytest.raises(DataProblem, match="row 1: 2 tokens, but 1 tags"):
        load("a.jsonl", {"tokens": Column("tokens"), "tags": Column("tags")})


def test_a_split_without_the_column_is_named(folder: Path, load: Load) -> None:
    (folder / "a.csv").write_text(table())
    (folder / "b.csv").write_text("other,sentiment\nx,good\n")
    with pytest.raises(DataProblem, match="The hard split has no column “sentence”"):
        load("a.csv", eval_source="hard=b.csv")


def test_a_hub_that_is_out_of_reach_is_said_at_once(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(DataProblem, match=r"hub cannot be reached .*save_to_disk.* give its path"):
        load("nobody/nothing")


def checked(**values: object) -> dict[str, str]:
    """Field → sentence, of the rules that a form asks."""
    data = {field.name: field.default for field in DATA_FIELDS} | values
    found = (rule.check({"data": data, "args": {"max_steps": -1}}) for rule in DATA_RULES)
    return {broken.name: broken.sentence for broken in found if broken}


def test_the_form_knows_before_launch(folder: Path) -> None:
    (folder / "a.csv").write_text("text,label\nx,y,z\n")
    (folder / "e.csv").write_bytes("text,label\né,a\n".encode("cp1252"))
    assert "line 2 has 3 cells" in checked(source="a.csv")["source"]
    assert "no file or folder" in checked(source=f"{folder}/b.csv")["source"]
    assert "outside the folders" in checked(source="/etc/passwd")["source"]
    assert "no example “nope”" in checked(source="example:nope")["source"]
    assert "no upload “abc123”" in checked(source="upload:abc123")["source"]
    assert "no upload" in checked(source="upload:../runs")["source"]
    assert "line 2 is not utf-8" in checked(source="e.csv")["encoding"]
    assert "no file" in checked(source="e.csv", encoding="cp1252", eval_source="hard=f.csv")["eval_source"]
    assert "set max_steps" in checked(source="imdb", streaming=True)["streaming"]
    assert "two roles" in checked(source="imdb", columns={"text": "a", "label": "a"})["columns"]
    assert "as text" in checked(source="imdb", columns={"text": 3})["columns"]
    assert checked(source="imdb") == {}
    assert checked(source="")["source"] == "Name the data to learn from."
