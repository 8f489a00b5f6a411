"""Whether a rule makes sense, said field by field."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from runs.rules.actions import ACTIONS
from runs.rules.conditions import CONDITIONS
from runs.rules.webhook import address_problem
from trainer_bridge.fields import Field, did_you_mean

Problems = dict[str, str]
MAX_NAME = 100
MOST_RECIPIENTS = 20
#: Both would end the training's process, each in its own way.
_EITHER = ("stop", "pause")


@dataclass
class Wish:
    """A rule as somebody asks for it; ``options`` are values, not texts."""

    name: str = ""
    kind: str = "threshold"
    options: dict[str, Any] = field(default_factory=dict)
    actions: list[str] = field(default_factory=list)
    email_to: list[str] = field(default_factory=list)
    webhook: str = ""
    enabled: bool = True


class RuleError(ValueError):
    """A rule that cannot be. ``problems``: {field: sentence}, options as "options.<name>"."""

    def __init__(self, problems: Problems) -> None:
        super().__init__("; ".join(problems.values()))
        self.problems = problems


def read_options(kind: str, texts: Mapping[str, str]) -> tuple[dict[str, Any], Problems]:
    """The options of a condition as typed into a form, and what is wrong with them."""
    options, problems = {}, {}
    for one in CONDITIONS[kind].fields:
        try:
            options[one.name] = one.parse(texts.get(one.name, ""))
        except ValueError as problem:
            problems[f"options.{one.name}"] = str(problem)
    return options, problems


def settled(wish: Wish) -> Wish:
    """The wish with every option there is and a name. Raises RuleError."""
    if problems := problems_of(wish):
        raise RuleError(problems)
    condition = CONDITIONS[wish.kind]
    wish.options = {one.name: wish.options.get(one.name, one.default) for one in condition.fields}
    wish.name = wish.name.strip() or condition.words(wish.options)[:MAX_NAME]
    wish.actions = [action for action in ACTIONS if action in wish.actions]
    return wish


def problems_of(wish: Wish) -> Problems:
    """{field: sentence}; empty when the rule can be."""
    if wish.kind not in CONDITIONS:
        hint = did_you_mean(wish.kind, CONDITIONS)
        return {"kind": f"There is no condition “{wish.kind}”. There are {', '.join(CONDITIONS)}.{hint}"}
    return (
        _name_problems(wish.name) | _option_problems(wish) | _action_problems(wish) | _target_problems(wish)
    )


def _name_problems(name: str) -> Problems:
    if len(name.strip()) > MAX_NAME:
        return {"name": f"The name has {len(name.strip())} characters; the most is {MAX_NAME}."}
    return (
        {}
        if name.isprintable()
        else {"name": "The name holds a line break or a control character. Take it out."}
    )


def _option_problems(wish: Wish) -> Problems:
    fields = {one.name: one for one in CONDITIONS[wish.kind].fields}
    problems = {f"options.{name}": _unknown(name, fields) for name in wish.options if name not in fields}
    for name, one in fields.items():
        if problem := one.problem(wish.options.get(name, one.default)):
            problems[f"options.{name}"] = problem
    return problems


def _unknown(name: str, fields: Mapping[str, Field]) -> str:
    return f"This condition has no “{name}”. It has {', '.join(fields)}.{did_you_mean(name, fields)}"


def _action_problems(wish: Wish) -> Problems:
    if unknown := [action for action in wish.actions if action not in ACTIONS]:
        return {"actions": f"There is no action “{unknown[0]}”. There are {', '.join(ACTIONS)}."}
    if not wish.actions:
        return {"actions": "Choose what follows, at least one thing."}
    if all(action in wish.actions for action in _EITHER):
        return {"actions": "A run cannot both stop and pause. Choose one of them."}
    asked = [ACTIONS[action].title for action in wish.actions if ACTIONS[action].of_run]
    if asked and CONDITIONS[wish.kind].at_end:
        return {"actions": f"Nothing can be asked of a run that has ended: leave out “{asked[0]}”."}
    return {}


def _target_problems(wish: Wish) -> Problems:
    problems: Problems = {}
    if "email" in wish.actions and (problem := _email_problem(wish.email_to)):
        problems["email_to"] = problem
    if "webhook" in wish.actions and (problem := address_problem(wish.webhook)):
        problems["webhook"] = problem
    return problems


def _email_problem(addresses: list[str]) -> str:
    if not settings.EMAIL_READY:
        return "This server sends no e-mail: whoever runs it sets TRAINBOARD_EMAIL_URL."
    if not addresses:
        return "Name at least one address, such as ada@example.org."
    if len(addresses) > MOST_RECIPIENTS:
        return f"These are {len(addresses)} addresses; the most is {MOST_RECIPIENTS}."
    for address in addresses:
        try:
            validate_email(address)
        except ValidationError:
            return f"“{address}” is no e-mail address."
    return ""
