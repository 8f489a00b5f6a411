"""Every field of a run's spec, group by group: what forms, REST, YAML, sweeps and the training process agree on.

A spec is ``{"recipe": name, "<group>": {field: value}}``; only what differs from the recipe's defaults stands in it.
A field's key is "<group>.<name>": "args.learning_rate". No training library is imported here.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from trainer_bridge import arguments
from trainer_bridge.arguments import Machines
from trainer_bridge.data_fields import DATA_FIELDS, DATA_RULES
from trainer_bridge.fields import Field, Value, did_you_mean
from trainer_bridge.model_fields import MODEL_CAUTIONS, MODEL_FIELDS, MODEL_RULES
from trainer_bridge.recipes.base import Recipe
from trainer_bridge.titled import Rule, TitledField
from trainer_bridge.trainer_fields import TRAINER_FIELDS, TRAINER_RULES

#: In the order in which a page shows them.
GROUPS = ("params", "model", "data", "trainer", "args")
PARAMETERS = "Parameters"

_TABLES: Mapping[str, tuple[tuple[TitledField, ...], tuple[Rule, ...]]] = {
    "model": (MODEL_FIELDS, MODEL_RULES),
    "data": (DATA_FIELDS, DATA_RULES),
    "trainer": (TRAINER_FIELDS, TRAINER_RULES),
}


@dataclass(frozen=True)
class SpecField:
    """One field of one recipe's spec: ``default`` is what the recipe runs with, ``title`` its heading on a page.

    ``advanced``: it stands in a group that is closed at first.
    """

    group: str
    field: Field
    default: Value
    title: str
    sweepable: bool
    advanced: bool = False

    @property
    def key(self) -> str:
        return f"{self.group}.{self.field.name}"


@functools.lru_cache(maxsize=128)
def fields_of(recipe: Recipe) -> Mapping[str, SpecField]:
    """Key → field, in the order of GROUPS: the recipe's parameters, the groups it takes, the training arguments."""
    rows = [
        SpecField("params", p, p.default, PARAMETERS, p.kind not in ("text", "json"))
        for p in recipe.parameters
    ]
    for group in groups_of(recipe):
        if group in _TABLES:
            rows += [_titled(group, field, recipe) for field in _TABLES[group][0]]
    if "args" in groups_of(recipe):
        rows += _argument_rows(recipe)
    return MappingProxyType({row.key: row for row in rows})


def groups_of(recipe: Recipe) -> tuple[str, ...]:
    """The groups that a spec of this recipe may have; one that makes its model or data itself has no such group."""
    offered = tuple(group for group in GROUPS if group not in ("model", "data") or group in recipe.takes)
    return tuple(group for group in offered if group not in recipe.without)


def resolve(recipe: Recipe, spec: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Group → name → the value that the run uses: field's default < recipe's default < spec."""
    found: dict[str, dict[str, Any]] = {group: {} for group in groups_of(recipe)}
    for row in fields_of(recipe).values():
        found[row.group][row.field.name] = row.default
    for group in found:
        found[group] |= spec.get(group, {})
    if "args" in found:
        found["args"] = arguments.merge(spec.get("args", {}), recipe.arguments)
    return found


def problems(recipe: Recipe, spec: Mapping[str, Any], machines: Machines = tuple) -> dict[str, str]:
    """Key → why the value there cannot be used, as far as that is known without training; empty if all can.

    ``machines`` gives the workers that might train; it is asked only where something is needed of them.
    """
    values = resolve(recipe, spec)
    found = _prefixed("params", recipe.problems(spec.get("params", {})))
    for group in ("model", "data", "trainer"):
        found |= _prefixed(group, _table_problems(group, recipe, spec.get(group, {}), values))
    if "args" not in values:
        return found | _prefixed("args", _nothing_to_set(recipe, "args", spec.get("args", {})))
    return found | _prefixed("args", arguments.problems(spec.get("args", {}), recipe.arguments, machines))


def cautions(recipe: Recipe, spec: Mapping[str, Any], machines: Machines = tuple) -> dict[str, str]:
    """Key → what a person may not have meant there, or not know of; none of it keeps the run from starting."""
    values = resolve(recipe, spec)
    found: dict[str, str] = {}
    if "model" in values:
        broken = [rule.check(values) for rule in MODEL_CAUTIONS]
        found |= {f"model.{one.name}": one.sentence for one in broken if one}
    if "args" in values:
        told = arguments.cautions(spec.get("args", {}), recipe.arguments, machines)
        found |= _prefixed("args", told)
    return found


def _argument_rows(recipe: Recipe) -> list[SpecField]:
    # What is not said about the direction of the metric is the recipe's for its own metric, and asked for another:
    # a default would answer for the person.
    defaults = arguments.merge({}, recipe.arguments) | {"greater_is_better": None}
    return [
        SpecField("args", field, defaults[name], field.title, field.sweepable, field.advanced)
        for name, field in arguments.fields(recipe.arguments).items()
    ]


def _titled(group: str, field: TitledField, recipe: Recipe) -> SpecField:
    default = recipe.settings.get(f"{group}.{field.name}", field.default)
    return SpecField(group, field, default, field.title, field.sweepable, field.advanced)


def _table_problems(
    group: str, recipe: Recipe, given: Mapping[str, Any], values: Mapping[str, Mapping[str, Any]]
) -> dict[str, str]:
    fields, rules = _TABLES[group]
    if group not in values:
        return _nothing_to_set(recipe, group, given)
    known = {field.name: field for field in fields}
    found = {
        name: f"There is no field {name} here.{did_you_mean(name, known)}"
        for name in given
        if name not in known
    }
    for name, field in known.items():
        if sentence := field.problem(values[group][name]):
            found[name] = sentence
    for rule in rules:
        # A rule compares values; where one of them is no value at all, that is already said.
        if not found.keys() & rule.reads and (broken := rule.check(values)):
            found.setdefault(broken.name, broken.sentence)
    return found


def _nothing_to_set(recipe: Recipe, group: str, given: Mapping[str, Any]) -> dict[str, str]:
    return dict.fromkeys(given, f"The recipe {recipe.name} makes its own {group}: there is nothing to set.")


def _prefixed(group: str, found: Mapping[str, str]) -> dict[str, str]:
    return {f"{group}.{name}": sentence for name, sentence in found.items()}
