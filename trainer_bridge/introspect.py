"""Every training argument of the installed transformers, as plain data.

Imports transformers, so it is not for the web process: ``python -m trainer_bridge introspect`` runs it apart.
"""

import dataclasses
import enum
import inspect
import re
import types
import typing
from typing import Any

#: "> Optimizer" heads a group of parameters in the docstring, "optim (`str`, …):" begins one.
_HEADING = re.compile(r" {4}> (\S.*)")
_PARAMETER = re.compile(r" {4}(\w+) ?\(")
_ALIAS = re.compile(r"[Dd]eprecated alias of `(\w+)`")


def describe() -> dict[str, Any]:
    """{"transformers": version, "arguments": […]}: one map an argument, in the order of the classes.

    Its keys: name, type (as annotated), kind and shape (of a Field), optional, default, choices, help, group (the
    heading in the docstring, "" where there is none), generates (only `Seq2SeqTrainingArguments` has it), instead (of
    a deprecated argument: the name that replaced it).
    """
    from transformers import Seq2SeqTrainingArguments, TrainingArguments, __version__

    groups = docstring_groups(TrainingArguments.__doc__ or "")
    common = {field.name for field in dataclasses.fields(TrainingArguments)}
    hints = typing.get_type_hints(Seq2SeqTrainingArguments)
    return {
        "transformers": __version__,
        "arguments": [
            {
                **_argument(field, hints[field.name]),
                "group": groups.get(field.name, ""),
                "generates": field.name not in common,
            }
            for field in dataclasses.fields(Seq2SeqTrainingArguments)
            if field.init
        ],
    }


def docstring_groups(text: str) -> dict[str, str]:
    """Parameter name → the "> Heading" above it."""
    found: dict[str, str] = {}
    heading = ""
    for line in inspect.cleandoc(text).splitlines():
        if match := _HEADING.fullmatch(line):
            heading = match[1]
        elif match := _PARAMETER.match(line):
            found[match[1]] = heading
    return found


def _argument(field: "dataclasses.Field[Any]", hint: Any) -> dict[str, Any]:
    said = str(field.metadata.get("help", "")).replace("%%", "%")  # argparse wants the percent sign twice
    members = _members(hint)
    kind, shape = _kind(members)
    choices = _choices(field, members)
    alias = _ALIAS.search(said)
    return {
        "name": field.name,
        "type": " | ".join(sorted(_name(member) for member in members)),
        "kind": "choice" if choices and kind == "text" else kind,
        "shape": shape,
        "optional": type(None) in members,
        "default": _default(field, kind),
        "choices": choices,
        "help": said,
        "instead": alias[1] if alias else "",
    }


def _members(hint: Any) -> tuple[Any, ...]:
    """The types of a union; any other type alone."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return typing.get_args(hint)
    return (hint,)


def _kind(members: tuple[Any, ...]) -> tuple[str, str]:
    """The kind and the shape of a Field that holds what ``members`` allow."""
    plain = {typing.get_origin(member) or member for member in members}
    if dict in plain or any(_is_object(member) for member in plain):
        return "json", "object"
    if list in plain:
        texts = str in plain and not _enums(members)
        return "json", "text or list" if texts else "list"
    if str in plain or _enums(members):
        return "text", ""
    return next((kind.__name__ for kind in (float, int, bool) if kind in plain), "text"), ""


def _is_object(kind: Any) -> bool:
    """A class whose fields a person gives as a JSON object: ParallelismConfig, GenerationConfig."""
    builtin = (str, int, float, bool, list, dict, tuple, type(None))
    return (
        isinstance(kind, type)
        and kind not in builtin
        and not issubclass(kind, enum.Enum)
        and kind.__module__.partition(".")[0] in ("transformers", "accelerate")
    )


def _enums(members: tuple[Any, ...]) -> list[type[enum.Enum]]:
    """The enums of a union, those inside a list as well."""
    inner = [part for member in members for part in (member, *typing.get_args(member))]
    return [kind for kind in inner if isinstance(kind, type) and issubclass(kind, enum.Enum)]


def _choices(field: "dataclasses.Field[Any]", members: tuple[Any, ...]) -> list[str]:
    if named := field.metadata.get("choices"):
        return [str(choice) for choice in named]
    if kinds := _enums(members):
        return [member.value for kind in kinds for member in kind]
    literals = [member for member in members if typing.get_origin(member) is typing.Literal]
    return [part for literal in literals for part in typing.get_args(literal) if isinstance(part, str)]


def _default(field: "dataclasses.Field[Any]", kind: str) -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    value = field.default.value if isinstance(field.default, enum.Enum) else field.default
    if value == "":  # stands for an empty list (debug), or for nothing
        return [] if kind == "json" else None
    return value


def _name(kind: Any) -> str:
    return (
        getattr(kind, "__name__", str(kind))
        if not typing.get_args(kind)
        else str(kind).replace("typing.", "")
    )
