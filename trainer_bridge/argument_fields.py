"""Every training argument that can be set, as a field: the common ones as we wrote them, the others as introspected."""

import functools
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from trainer_bridge.argument_bounds import BOUNDS
from trainer_bridge.argument_groups import CHECKPOINTS, EVALUATION, GROUPS, group_of
from trainer_bridge.argument_owned import OWNED, reason_owned
from trainer_bridge.argument_snapshot import snapshot
from trainer_bridge.argument_table import COMMON
from trainer_bridge.titled import TitledField

#: Kinds of which a sweep may try several values.
SWEPT = frozenset({"int", "float", "bool", "choice"})
#: When something is measured or kept changes what a sweep compares by.
_NOT_SWEPT = frozenset({EVALUATION, CHECKPOINTS})


@functools.cache
def argument_fields() -> Mapping[str, TitledField]:
    """Name → field of everything that `TrainingArguments` and `Seq2SeqTrainingArguments` take and a person may set.

    In the order of the page: group by group, the common ones first. Deprecated arguments are absent.
    """
    said = {entry["name"]: entry for entry in snapshot()["arguments"]}
    common = {field.name: _with_choices(field, said.get(field.name)) for field in COMMON}
    others = {
        name: _field(entry)
        for name, entry in said.items()
        if name not in common and not entry["instead"] and not reason_owned(name)
    }
    found = sorted((common | others).values(), key=lambda field: (GROUPS.index(field.title), field.advanced))
    return {field.name: field for field in found}


@functools.cache
def generation_names() -> frozenset[str]:
    """Arguments that only recipes have whose model generates text while it is evaluated."""
    return frozenset(entry["name"] for entry in snapshot()["arguments"] if entry["generates"])


@functools.cache
def deprecated() -> Mapping[str, str]:
    """Name of a deprecated argument → what replaced it."""
    return {entry["name"]: entry["instead"] for entry in snapshot()["arguments"] if entry["instead"]}


@functools.cache
def owned() -> Mapping[str, str]:
    """Argument of the installed transformers that Trainboard sets → the reason, in the order of OWNED."""
    installed = {entry["name"] for entry in snapshot()["arguments"]}
    later = {name: reason_owned(name) for name in sorted(installed - OWNED.keys()) if reason_owned(name)}
    return {name: reason for name, reason in OWNED.items() if name in installed} | later


def _with_choices(field: TitledField, entry: Mapping[str, Any] | None) -> TitledField:
    """A common field, which knows everything but the choices of the installed release."""
    if field.kind != "choice" or not entry:
        return field
    first = [choice for choice in field.choices if choice in entry["choices"]]
    return replace(field, choices=(*first, *(c for c in entry["choices"] if c not in first)))


def _field(entry: Mapping[str, Any]) -> TitledField:
    title = group_of(entry["name"], entry["group"], entry["generates"])
    known = {
        "name": entry["name"],
        "kind": entry["kind"],
        "default": entry["default"],
        "help": entry["help"].replace("`", ""),
        "choices": tuple(entry["choices"]),
        "optional": entry["optional"],
        "shape": entry["shape"],
        **BOUNDS.get(entry["name"], {}),
    }
    sweepable = known["kind"] in SWEPT and title not in _NOT_SWEPT
    return TitledField(**known, title=title, advanced=True, sweepable=sweepable)
