"""What a script's parser takes, as fields, and values of every type as words that the parser reads back."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Literal

import pytest
from transformers import HfArgumentParser, TrainingArguments

from trainer_bridge.own.parser_fields import arguments_of, command_of, parameters_of, read_json_options


class Shape(Enum):
    ROUND = "round"
    FLAT = "flat"


@dataclass
class Everything:
    path: str = field(metadata={"help": "Where it lies, 100%% surely."})
    count: int = 3
    rate: float = 1
    wide: bool = False
    deep: bool = True
    maybe: bool | None = None
    word: str | None = None
    kind: Literal["a", "b"] = "a"
    layers: Literal[1, 2] = 2
    shape: Shape = Shape.FLAT
    sizes: list[int] = field(default_factory=lambda: [1, 2])
    names: list[str] | None = None
    extra: dict | None = None


@dataclass
class Slow(TrainingArguments):
    learning_rate: float = 1e-3
    patience: int = 5


def test_every_type_becomes_a_field() -> None:
    found = {
        f.name: (f.kind, f.default, f.optional, f.choices or f.shape)
        for f in parameters_of(HfArgumentParser(Everything))
    }
    assert found == {
        "path": ("text", None, False, ""),
        "count": ("int", 3, False, ""),
        "rate": ("float", 1.0, False, ""),
        "wide": ("bool", False, False, ""),
        "deep": ("bool", True, False, ""),
        "maybe": ("bool", None, True, ""),
        "word": ("text", None, True, ""),
        "kind": ("choice", "a", False, ("a", "b")),
        "layers": ("choice", "2", False, ("1", "2")),
        "shape": ("choice", "flat", False, ("round", "flat")),
        "sizes": ("json", [1, 2], False, "list"),
        "names": ("json", None, True, "list"),
        "extra": ("json", None, True, "object"),
    }
    assert parameters_of(HfArgumentParser(Everything))[0].help == "Where it lies, 100% surely."


def test_values_of_every_type_are_read_back() -> None:
    values = {
        "path": "a folder/with spaces",
        "count": -4,
        "rate": -2.5e-7,
        "wide": True,
        "deep": False,
        "maybe": False,
        "word": "--not an option",
        "kind": "b",
        "layers": "1",
        "shape": "round",
        "sizes": [5, 6, 7],
        "names": ["x y", "z"],
        "extra": {"a": {"b": [1, None, "c"]}},
    }
    parser = HfArgumentParser(Everything)
    read_json_options(parser)
    (read,) = parser.parse_args_into_dataclasses(command_of(parser, values))
    assert vars(read) == {**values, "layers": 1}


def test_only_what_is_given_is_said() -> None:
    parser = HfArgumentParser(Everything)
    assert command_of(parser, {"path": "x", "word": None, "unknown": 1}) == ["--path=x"]


def test_the_trainers_arguments_are_told_apart_from_the_scripts_own() -> None:
    parser = HfArgumentParser(Slow)
    assert [f.name for f in parameters_of(parser)] == ["do_train", "do_eval", "do_predict", "patience"]
    assert parameters_of(parser)[0].default is True  # a script that is started here is to train
    assert arguments_of(parser) == {"learning_rate": 1e-3}


def test_without_training_arguments_all_is_the_scripts_own() -> None:
    @dataclass
    class Mine:
        seed: int = 7

    parser = HfArgumentParser(Mine)
    assert [(f.name, f.default) for f in parameters_of(parser)] == [("seed", 7)]
    assert arguments_of(parser) == {}


def test_options_added_by_hand_count_too() -> None:
    parser = HfArgumentParser(Everything)
    parser.add_argument("--fast", action="store_true")
    parser.add_argument("target", nargs=1)
    words = command_of(parser, {"path": "x", "fast": True, "target": ["t"]})
    assert words == ["--path=x", "--fast", "t"]
    assert parser.parse_args(words).fast is True
    assert command_of(parser, {"fast": False}) == []


@pytest.mark.parametrize("cls", [TrainingArguments, Slow])
def test_the_trainers_own_defaults_are_no_difference(cls: type) -> None:
    assert set(arguments_of(HfArgumentParser(cls))) <= {"learning_rate"}
