"""What a script's parser takes, as fields, and values of every type as words that the parser reads back."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Literal

import pytest
from transformers import HfArgumentParser, Seq2SeqTrainingArguments, TrainingArguments

from trainer_bridge.arguments import fields
from trainer_bridge.fields import Field
from trainer_bridge.own.parser_fields import arguments_of, command_of, parameters_of, read_as_the_form_does


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
    read_as_the_form_does(parser)
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


def test_the_trainers_own_defaults_are_no_difference() -> None:
    assert arguments_of(HfArgumentParser(TrainingArguments)) == {}


def test_a_script_that_generates_has_the_arguments_for_it() -> None:
    said = arguments_of(HfArgumentParser(Seq2SeqTrainingArguments))
    assert said == {"predict_with_generate": False}
    assert "generation_max_length" in fields(said)


def sample(argument: Field) -> Any:
    """A value that is not the default."""
    if argument.name == "debug":
        return ["underflow_overflow"]
    if argument.kind == "choice":
        return next(choice for choice in argument.choices if choice != argument.default)
    return {
        "int": 3,
        "float": 0.25,
        "bool": not argument.default,
        "text": "a b",
        "json": ["x", "y"] if "list" in argument.shape else {"a": {"b": 1}},
    }[argument.kind]


@pytest.mark.parametrize("cls", [TrainingArguments, Seq2SeqTrainingArguments])
def test_every_training_argument_reaches_the_script_as_it_was_given(cls: type) -> None:
    parser = HfArgumentParser(cls)
    values = {name: sample(field) for name, field in fields(arguments_of(parser)).items()}
    read_as_the_form_does(parser)
    read, rest = parser.parse_known_args(command_of(parser, values))
    assert {name: getattr(read, name) for name in values} == values
    assert rest == []
