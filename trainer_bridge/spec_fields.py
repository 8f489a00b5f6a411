"""Every field of a run's spec, group by group: what forms, REST, YAML, sweeps and the training process agree on.

A spec is ``{"recipe": name, "<group>": {field: value}}``; only what differs from the recipe's defaults stands in it.
A field's key is "<group>.<name>": "args.learning_rate". No training library is imported here.
"""

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from trainer_bridge import arguments
from trainer_bridge.arguments import Machines
from trainer_bridge.data_fields import DATA_FIELDS, DATA_RULES
from trainer_bridge.fields import Field, Value, did_you_mean
from trainer_bridge.launch_fields import LAUNCH_FIELDS, LAUNCH_RULES
from trainer_bridge.model_fields import MODEL_FIELDS
from trainer_bridge.model_rules import MODEL_CAUTIONS, MODEL_RULES
from trainer_bridge.recipes.base import Recipe
from trainer_bridge.titled import Rule, TitledField
from trainer_bridge.trainer_fields import TRAINER_FIELDS
from trainer_bridge.trainer_rules import TRAINER_RULES

#: Group → name → value.
Values = Mapping[str, Mapping[str, Any]]

#: In the order in which a page shows them.
GROUPS = ("params", "model", "data", "trainer", "args", "launch")
PARAMETERS = "Parameters"

_TABLES: Mapping[str, tuple[tuple[TitledField, ...], tuple[Rule, ...]]] = {
    "model": (MODEL_FIELDS, MODEL_RULES),
    "data": (DATA_FIELDS, DATA_RULES),
    "trainer": (TRAINER_FIELDS, TRAINER_RULES),
    "launch": (LAUNCH_FIELDS, LAUNCH_RULES),
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
    """Key → field, in the order of GROUPS: the recipe's parameters, then the groups it takes."""
    rows = [SpecField("params", p, p.default, PARAMETERS, not p.several_lines) for p in recipe.parameters]
    for group in groups_of(recipe):
        if group in _TABLES:
            rows += [_titled(group, field, recipe) for field in _TABLES[group][0]]
        elif group == "args":
            rows += _argument_rows(recipe)
    return MappingProxyType({row.key: row for row in rows})


@functools.lru_cache(maxsize=128)
def defaults_of(recipe: Recipe) -> Mapping[str, Value]:
    """Key → what the recipe runs with when nothing is changed."""
    return MappingProxyType({key: row.default for key, row in fields_of(recipe).items()})


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
    return _ruled(recipe, values, _judged(recipe, spec, values), machines)


def problems_of_points(
    recipe: Recipe, spec: Mapping[str, Any], points: Iterable[Mapping[str, Any]], machines: Machines = tuple
) -> dict[str, str]:
    """What ``problems`` says of ``spec`` at the ``points`` {key: value} of a sweep, the first sentence for each key.

    What no point changes is judged once. Raises KeyError for a key that is no field of the recipe.
    """
    rows, found = fields_of(recipe), dict[str, str]()
    base = _judged(recipe, spec, resolve(recipe, spec))
    for point in points:
        at = {group: dict(spec.get(group, {})) for group in GROUPS}
        judged = {group: dict(part) for group, part in base.items()}
        for key, value in point.items():
            row = rows[key]
            at[row.group][row.field.name] = value
            judged[row.group].pop(row.field.name, None)
            if sentence := row.field.problem(value):
                judged[row.group][row.field.name] = sentence
        found = _ruled(recipe, resolve(recipe, at), judged, machines) | found
    return found


#: What the Trainer makes an optimizer of; a recipe that hands over a finished one leaves these without a say.
OF_OPTIMIZER = tuple(
    f"args.{name}"
    for name in (
        "learning_rate",
        "weight_decay",
        "optim",
        "optim_args",
        "adam_beta1",
        "adam_beta2",
        "adam_epsilon",
    )
)


def cautions(recipe: Recipe, spec: Mapping[str, Any], machines: Machines = tuple) -> dict[str, str]:
    """Key → what a person may not have meant there, or not know of; none of it keeps the run from starting."""
    values = resolve(recipe, spec)
    found: dict[str, str] = {}
    if "model" in values:
        broken = [rule.check(values) for rule in MODEL_CAUTIONS]
        found |= {f"model.{one.name}": one.sentence for one in broken if one}
    if "args" in values:
        told = arguments.cautions(spec.get("args", {}), recipe.arguments, machines, _processes(values))
        found |= _prefixed("args", told)
    idle = {key: no_say(recipe, key) for key in _given_arguments(recipe, spec)}
    return {key: reason for key, reason in idle.items() if reason} | found


def no_say(recipe: Recipe, key: str) -> str:
    """Why the field changes nothing with this recipe, in words; "" where it does."""
    if not recipe.own_optimizer or key not in OF_OPTIMIZER:
        return ""
    return f"Has no effect: {recipe.name} brings an optimizer of its own. See its parameters."


def _given_arguments(recipe: Recipe, spec: Mapping[str, Any]) -> list[str]:
    """The arguments that are not as the recipe has them."""
    usual = arguments.merge({}, recipe.arguments)
    return [f"args.{name}" for name, value in spec.get("args", {}).items() if value != usual.get(name)]


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


def _judged(recipe: Recipe, spec: Mapping[str, Any], values: Values) -> dict[str, dict[str, str]]:
    """Group → name → what is wrong with a value by itself."""
    found = {"params": recipe.problems(spec.get("params", {}))}
    for group in GROUPS[1:]:
        given = spec.get(group, {})
        if group not in values:
            found[group] = _nothing_to_set(recipe, group, given)
        elif group == "args":
            found[group] = arguments.judged(given, recipe.arguments)
        else:
            found[group] = _table_judged(group, given, values)
    return found


def _table_judged(group: str, given: Mapping[str, Any], values: Values) -> dict[str, str]:
    known = {field.name: field for field in _TABLES[group][0]}
    found = {
        name: f"There is no field {name} here.{did_you_mean(name, known)}"
        for name in given
        if name not in known
    }
    for name, field in known.items():
        if sentence := field.problem(values[group][name]):
            found[name] = sentence
    return found


def _ruled(
    recipe: Recipe, values: Values, judged: Mapping[str, dict[str, str]], machines: Machines
) -> dict[str, str]:
    """Key → what was ``judged`` and what is wrong between values."""
    found = _prefixed("params", judged["params"])
    for group in GROUPS[1:]:
        own = judged[group]
        if group == "args" and group in values:
            own = arguments.ruled(values[group], own, machines, _processes(values))
        elif group in values:
            own = _table_ruled(group, values, own)
        found |= _prefixed(group, own)
    return found


def _table_ruled(group: str, values: Values, judged: Mapping[str, str]) -> dict[str, str]:
    found = dict(judged)
    for rule in _TABLES[group][1]:
        # A rule compares values; where one of them is no value at all, that is already said.
        if not found.keys() & rule.reads and (broken := rule.check(values)):
            found.setdefault(broken.name, broken.sentence)
    return found


def _processes(values: Values) -> int:
    """How many processes train; what is no number of them is told at its own field."""
    count = values.get("launch", {}).get("processes", 1)
    return count if type(count) is int and count > 0 else 1


def _nothing_to_set(recipe: Recipe, group: str, given: Mapping[str, Any]) -> dict[str, str]:
    return dict.fromkeys(given, f"The recipe {recipe.name} makes its own {group}: there is nothing to set.")


def _prefixed(group: str, found: Mapping[str, str]) -> dict[str, str]:
    return {f"{group}.{name}": sentence for name, sentence in found.items()}
