"""A script's HfArgumentParser as fields: what may be set, of which type, with which default; and values as a command.

The parser itself is asked, not the dataclasses, so that what it takes and what the form offers is the same.
"""

import argparse
import dataclasses
import json
import math
import typing
from collections.abc import Iterator, Mapping
from enum import Enum
from pathlib import PurePath
from types import MappingProxyType
from typing import Any

from transformers import Seq2SeqTrainingArguments, TrainingArguments
from transformers.hf_argparser import HfArgumentParser, string_to_bool

from trainer_bridge.argument_fields import argument_fields
from trainer_bridge.fields import Field, Kind

MAX_HELP = 500
_KINDS: dict[Any, Kind] = {int: "int", float: "float", bool: "bool", string_to_bool: "bool"}
#: Training arguments that no Trainer reads: they tell a script what to do, and from here it is to train.
SWITCHES = MappingProxyType({"do_train": True, "do_eval": False, "do_predict": False})
_ARGUMENTS = frozenset(field.name for field in dataclasses.fields(Seq2SeqTrainingArguments)) - SWITCHES.keys()
#: Kind of a training argument that has several types → the type that the parser chose → the one that is meant.
_OTHERWISE: dict[Kind | None, dict[Any, Any]] = {
    "choice": {string_to_bool: str},
    "bool": {str: string_to_bool},
}
Options = dict[str, argparse.Action]


def takes_training_arguments(parser: HfArgumentParser) -> bool:
    return any(issubclass(kind, TrainingArguments) for kind in parser.dataclass_types)


def parameters_of(parser: HfArgumentParser) -> tuple[Field, ...]:
    """What is the script's own to set: everything but the Trainer's arguments."""
    trainers = _ARGUMENTS if takes_training_arguments(parser) else frozenset()
    return tuple(_field(action) for name, action in options_of(parser).items() if name not in trainers)


def arguments_of(parser: HfArgumentParser) -> dict[str, Any]:
    """The training arguments for which the script has another default than the Trainer.

    Where it generates while it evaluates, it says so: the form then has the arguments for that.
    """
    if not takes_training_arguments(parser):
        return {}
    options, known = options_of(parser), argument_fields()
    defaults = {name: plain(options[name].default) for name in known if name in options}
    generates = any(issubclass(kind, Seq2SeqTrainingArguments) for kind in parser.dataclass_types)
    said = {"predict_with_generate"} if generates else set()
    return {name: value for name, value in defaults.items() if name in said or _differs(known[name], value)}


def _differs(known: Field, value: Any) -> bool:
    """An empty text is how a parser says "nothing", and None where a value is needed."""
    nothing = ("",) if known.optional else ("", None)
    return value not in nothing and value != known.default


def options_of(parser: HfArgumentParser) -> Options:
    """Name → the option that sets it; --no_… is only another way to say false."""
    found: Options = {}
    for action in parser._actions:
        if not isinstance(action, argparse._HelpAction | argparse._VersionAction):
            found.setdefault(action.dest, action)
    return found


def command_of(parser: HfArgumentParser, values: Mapping[str, Any]) -> list[str]:
    """The words of a command line that gives the options these values; None is what cannot be given, so it is not."""
    options = options_of(parser)
    words: list[str] = []
    positional: list[str] = []
    for name, value in values.items():
        if name in options and value is not None:
            into = words if options[name].option_strings else positional
            into += _words(options[name], value)
    return words + positional


def read_as_the_form_does(parser: HfArgumentParser) -> None:
    """The parser takes from now on what the form offers: dictionaries, and the training arguments of several types.

    As it is made, most of them cannot be given on a command line.
    """
    for action in parser._actions:
        if _is_json(action):
            action.type, action.nargs, action.choices = _json_or_text, None, None
        elif (kind := _kind_in_form(action)) in _OTHERWISE and action.type is not None:
            action.type = _OTHERWISE[kind].get(action.type, action.type)


def plain(value: Any) -> Any:
    """A default as JSON has it."""
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple | set):
        return [plain(part) for part in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return str(value) if isinstance(value, PurePath) else None


def _field(action: argparse.Action) -> Field:
    kind = _kind_of(action)
    default = None if action.default is argparse.SUPPRESS else plain(action.default)
    default = default or SWITCHES.get(action.dest, default)
    if kind in ("choice", "text") and default is not None:
        default = str(default)
    return Field(
        name=action.dest,
        kind=kind,
        default=float(default) if kind == "float" and isinstance(default, int) else default,
        help=(action.help or "").replace("%%", "%")[:MAX_HELP],
        choices=tuple(str(plain(choice)) for choice in action.choices or ()) if kind == "choice" else (),
        optional=default is None and not _is_required(action),
        shape=_shape_of(action),
    )


def _kind_of(action: argparse.Action) -> Kind:
    if _takes_several(action) or _is_json(action):
        return "json"
    if action.choices is not None:
        return "choice"
    return "bool" if action.nargs == 0 else _KINDS.get(action.type, "text")


def _kind_in_form(action: argparse.Action) -> Kind | None:
    """The kind of a training argument."""
    field = argument_fields().get(action.dest) if action.dest in _ARGUMENTS else None
    return field.kind if field else None


def _is_json(action: argparse.Action) -> bool:
    """Whether the option holds JSON, by its own type or as a training argument that is no plain list of words."""
    if typing.get_origin(action.type) is dict or action.type in (dict, _json_or_text):
        return True
    return _kind_in_form(action) == "json" and not _takes_several(action)


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def _shape_of(action: argparse.Action) -> Any:
    return "list" if _takes_several(action) else "object" if _is_json(action) else ""


def _takes_several(action: argparse.Action) -> bool:
    return action.nargs in ("+", "*") or (isinstance(action.nargs, int) and action.nargs > 0)


def _is_required(action: argparse.Action) -> bool:
    return action.required if action.option_strings else action.nargs not in ("?", "*")


def _words(action: argparse.Action, value: Any) -> Iterator[str]:
    option = action.option_strings[0] if action.option_strings else ""
    if action.nargs == 0:  # a switch: to be given, or not
        if value != action.default:
            yield option
        return
    if option and not _takes_several(action):
        # Joined, so that a value may begin with "-".
        yield f"{option}={_text(value)}"
        return
    if option:
        yield option
    yield from map(_text, value if isinstance(value, list) else [value])


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value) if isinstance(value, dict | list) else str(value)
