"""What a page shows of data before a training."""

from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from tests.trainer_bridge.datasets.conftest import Load, table
from tests.trainer_bridge.datasets.test_media import draw, sound
from tests.trainer_bridge.datasets.test_training import first_letter, shade, words
from trainer_bridge import recipes
from trainer_bridge.data_cells import cell
from trainer_bridge.data_preview import preview
from trainer_bridge.data_splits import EVAL, TEST, TRAIN, planned

Preview = Callable[..., dict[str, Any]]


@pytest.fixture
def look(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Preview:
    made = MappingProxyType({"first-letter": first_letter, "shade": shade} | dict(recipes.catalog()))
    monkeypatch.setattr(recipes, "catalog", lambda: made)

    def look(recipe: str, told: list[str] | None = None, **data: Any) -> dict[str, Any]:
        spec = {"recipe": recipe, "data": data} if data else {"recipe": recipe}
        return preview(spec, tmp_path / "out", (told if told is not None else []).append)

    return look


def test_rows_roles_labels_and_the_first_batch(folder: Path, look: Preview) -> None:
    (folder / "a.csv").write_text(
        "id,text,label\n" + "".join(f"{n},{'ab'[n % 2]},{'ab'[n % 2]}\n" for n in range(30))
    )
    told: list[str] = []
    found = look("first-letter", told, source="a.csv", stratify=True)
    assert found["problems"] == []
    assert told == ["reading the data", "looking at every row", "preparing the first batch"]
    assert [(c["name"], c["type"], c["role"], c["guessed"]) for c in found["columns"]] == [
        ("id", "int", "", False),
        ("text", "text", "text", True),
        ("label", "text", "label", True),
    ]
    assert found["roles"] == [
        {"role": "text", "optional": False, "column": "text", "fits": ["text", "label"]},
        {"role": "label", "optional": False, "column": "label", "fits": ["id", "text", "label"]},
    ]
    assert found["rows"]["cells"][1] == [
        {"kind": "value", "text": "1", "cut": False},
        {"kind": "text", "text": "b", "cut": False},
        {"kind": "text", "text": "b", "cut": False},
    ]
    assert found["labels"]["train"] == {
        "unit": "Rows",
        "distinct": 2,
        "counts": [{"name": "a", "count": 15}, {"name": "b", "count": 15}],
    }
    assert found["parts"] == [{"name": "train", "rows": 27}, {"name": "evaluation", "rows": 3}]
    assert found["bad"] == {"count": 0, "of": 30, "rows": []}
    assert {t["name"]: t["shape"] for t in found["batch"]["tensors"]} == {"x": [4, 26], "labels": [4]}


def test_problems_stand_at_their_fields_beside_what_was_found(folder: Path, look: Preview) -> None:
    (folder / "a.csv").write_text(table(6) + ",good\n")
    found = look("first-letter", source="a.csv", columns={"text": "sentense"})
    assert [(p["key"], p["sentence"][:12]) for p in found["problems"]] == [("data.columns", "There is no ")]
    assert [c["name"] for c in found["columns"]] == ["sentence", "sentiment"]
    assert [role["fits"] for role in found["roles"]] == [["sentence", "sentiment"]] * 2
    assert len(found["rows"]["cells"]) == 6
    found = look("first-letter", source="a.csv", columns={"text": "sentence", "label": "sentence"})
    assert [p["sentence"] for p in found["problems"]] == ["The column “sentence” cannot play two roles."]
    found = look("first-letter", source="a.csv", columns={"text": "sentence", "label": "sentiment"})
    assert found["bad"] == {
        "count": 1,
        "of": 7,
        "rows": [{"split": "train", "row": 7, "reason": "text is missing"}],
    }
    assert [p["key"] for p in found["problems"]] == ["data.skip_bad_rows"]
    found = look("first-letter", source="missing.csv")
    assert [p["key"] for p in found["problems"]] == ["data.source"]


def test_a_stream_is_looked_at_in_its_first_rows(folder: Path, look: Preview) -> None:
    (folder / "a.csv").write_text(words(40))
    found = look("first-letter", source="a.csv", streaming=True, eval_size=10)
    assert found["splits"] == [{"name": "train", "rows": None}]
    assert found["parts"] == [{"name": "train", "rows": None}, {"name": "evaluation", "rows": 10}]
    assert found["labels"]["train"]["distinct"] == 2


def test_images_are_shown_small(folder: Path, look: Preview) -> None:
    draw(folder / "shades" / "dark", 5)
    draw(folder / "shades" / "light", 5, shade=200)
    found = look("shade", source="shades", eval_size=2)
    shown = found["rows"]["cells"][0][0]
    assert (shown["kind"], shown["width"], shown["name"]) == ("image", 4, "0.png")
    assert shown["src"].startswith("data:image/png;base64,")


def test_a_sound_is_heard_and_seen(tmp_path: Path) -> None:
    sound(tmp_path / "a.wav", rate=16_000, seconds=3)
    found = cell({"bytes": None, "path": str(tmp_path / "a.wav")}, "audio")
    assert (found["kind"], found["seconds"], found["rate"], len(found["peaks"])) == ("audio", 3.0, 16_000, 80)
    assert len(found["src"]) < 30_000
    assert cell({"bytes": b"x", "path": "b.wav"}, "audio")["kind"] == "broken"


def test_cells_of_every_kind() -> None:
    assert cell(None, "text") == {"kind": "missing"}
    assert cell("x" * 500, "text") == {"kind": "text", "text": "x" * 400, "cut": True}
    assert cell(1, "class", ["no", "yes"]) == {"kind": "label", "text": "yes"}
    assert cell(-1, "class", ["no", "yes"])["text"] == "withheld"
    assert cell([1, 0], "classes", ["no", "yes"])["text"] == '["yes", "no"]'
    assert cell({"text": ["a"]}, "struct") == {"kind": "value", "text": '{"text": ["a"]}', "cut": False}


@pytest.mark.training
def test_tokens_of_the_first_batch_are_words_again(look: Preview) -> None:
    found = look("stdlib-lm")
    sample = found["batch"]["samples"][0]
    assert len("".join(token["text"] for token in sample["tokens"])) >= 128
    assert (sample["padding"], sample["counted"]) == (0, 128)
    assert found["lengths"] | {"bars": None} == {
        "bars": None,
        "of": 2000,
        "longest": 128,
        "mean": 128.0,
        "most": found["lengths"]["most"],
        "full": found["lengths"]["full"],
    }


VALUES = {"eval_size": 0.1, "max_samples": None, "max_eval_samples": None}


@settings(max_examples=30)
@given(
    some.integers(3, 60),
    some.one_of(some.floats(0.05, 0.6), some.integers(1, 2)),
    some.one_of(some.none(), some.integers(1, 40)),
)
def test_what_is_planned_is_what_is_split(rows: int, size: float, most: int | None) -> None:
    from datasets import Dataset

    from trainer_bridge.data_splits import hold_back, limit

    values = VALUES | {"eval_size": size, "max_samples": most, "eval_seed": 0, "stratify": False}
    parts = {TRAIN: Dataset.from_dict({"x": list(range(rows))}), TEST: Dataset.from_dict({"x": [1]})}
    split = limit(hold_back(parts, values, None), values)
    assert {name: len(part) for name, part in split.items()} == planned({TRAIN: rows, TEST: 1}, values)


def test_a_stream_has_no_number_of_rows() -> None:
    assert planned({TRAIN: None}, VALUES) == {TRAIN: None, EVAL: None}


def test_the_record_of_a_table_is_that_of_its_content(folder: Path, load: Load) -> None:
    (folder / "one").mkdir()
    (folder / "two").mkdir()
    for name in ("one", "two"):
        (folder / name / "a.csv").write_text(table(10))
    assert len({load(f"{folder}/{name}/a.csv").notes["fingerprint"] for name in ("one", "two")}) == 1
