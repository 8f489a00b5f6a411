"""Mistakes in files are named by their line."""

from pathlib import Path

import pytest

from trainer_bridge.file_check import first_mistake, separator

MISTAKES = [
    ("a.csv", b"a,b\n1,2\n1,2,3\n", "line 3 has 3 cells; the header has 2."),
    ("a.csv", b'a,b\n"x\ny",1\n1,2,3\n', "line 4 has 3 cells"),
    ("a.csv", b'a,b\n1,2\n"x,1\n2,3\n', "the quotes that open in line 3 do not close."),
    ("a.csv", b'a,b\n"x"y,1\n', "line 2 goes on after closing quotes."),
    ("a.csv", "a,b\n1,2\n3,\u00e9\n".encode("latin-1"), "line 3 is not utf-8 (byte 0xe9)."),
    ("a.csv", b"a,b\n", "has a header, but no rows."),
    ("a.csv", b"a,a\n1,2\n", "line 1 names the column \u201ca\u201d twice."),
    ("a.csv", b"", "a.csv is empty."),
    ("a.tsv", b"a\tb\n1\t2\t3\n", "line 2 has 3 cells"),
    ("a.jsonl", b'{"a": 1}\n{"a": 2\n', "line 2 is not JSON at column"),
    ("a.jsonl", b'{"a": 1}\n3\n', "line 2 must be an object"),
    ("a.json", b'{\n  "a": 1\n}\n', "write one object on each line"),
    ("a.txt", b"\n \n", "has no text."),
    ("a.parquet", b"", "empty"),
]


@pytest.mark.parametrize(("name", "content", "said"), MISTAKES)
def test_the_line_of_a_mistake_is_named(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(content)
    assert said in (first_mistake(tmp_path / name, *_kind(name)) or "no mistake")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", b'a;b\n"1;5";2\n'),
        ("a.csv", b'a,b\r\n"say ""x""",\r\n'),
        ("a.tsv", b"a\tb\n1\t2\n"),
        ("a.jsonl", b'{"a": 1}\n\n{"a": null}\n'),
        ("a.json", b'[\n{"a": 1}]'),
        ("a.txt", "\u00e9\n".encode()),
    ],
)
def test_a_file_that_is_right_has_no_mistake(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    assert first_mistake(tmp_path / name, *_kind(name)) is None


def test_another_encoding_is_read_when_it_is_said(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes("a;b\n1;\u00e9\n".encode("cp1252"))
    assert first_mistake(file, "csv", "cp1252") is None
    assert "no encoding" in (first_mistake(file, "csv", "klingon") or "")
    assert separator(file, "cp1252") == ";"


def test_a_look_at_the_beginning_ends_in_the_middle_of_a_cell_without_complaint(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("a,b\n" + '"x\ny",1\n' * 50 + "1,2,3\n")
    assert first_mistake(file, "csv", most=99) is None
    assert "line 102" in (first_mistake(file, "csv") or "")


def test_a_changed_file_is_looked_at_again(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("a,b\n1,2,3\n")
    assert first_mistake(file, "csv")
    file.write_text("a,b\n1,2\n")
    assert first_mistake(file, "csv") is None


def _kind(name: str) -> tuple[str]:
    return (
        {"csv": "csv", "tsv": "tsv", "txt": "text", "parquet": "parquet"}.get(name.split(".")[1], "json"),
    )
