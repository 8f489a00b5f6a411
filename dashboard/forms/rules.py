"""The form of a rule: what was typed, as a wish, and as rows for the template."""

from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from dashboard.numbers import config_value
from runs.models import Rule
from runs.rules.actions import ACTIONS
from runs.rules.check import Problems, RuleError, Wish, read_options, settled
from runs.rules.conditions import CONDITIONS
from runs.rules.edit import wish_of
from trainer_bridge.fields import Field


@dataclass(frozen=True)
class Row:
    """One option of the condition: its text and what is wrong with it."""

    field: Field
    text: str
    error: str

    @property
    def label(self) -> str:
        return self.field.name.replace("_", " ").capitalize()


@dataclass
class RuleForm:
    """``texts`` is what stands in the fields; ``problems`` by field, empty until the form was sent."""

    kind: str
    texts: dict[str, str]
    chosen: list[str]
    problems: Problems

    @property
    def condition(self) -> Any:
        return CONDITIONS[self.kind]

    @property
    def kinds(self) -> list[tuple[str, str]]:
        return [(name, condition.title) for name, condition in CONDITIONS.items()]

    @property
    def rows(self) -> list[Row]:
        return [
            Row(field, self.texts.get(field.name, ""), self.problems.get(f"options.{field.name}", ""))
            for field in self.condition.fields
        ]

    @property
    def actions(self) -> list[tuple[str, str, bool]]:
        """What may follow; an action that was asked for and cannot be stays, with its problem beside it."""
        return [
            (name, action.title, name in self.chosen)
            for name, action in ACTIONS.items()
            if name in self.chosen or not (action.of_run and self.condition.at_end)
        ]


def empty(kind: str) -> RuleForm:
    """A new rule with the condition's own values; an unknown kind is the first there is."""
    kind = kind if kind in CONDITIONS else next(iter(CONDITIONS))
    texts = {field.name: _text(field.default) for field in CONDITIONS[kind].fields}
    return RuleForm(kind, texts, ["notify"], {})


def of_rule(rule: Rule) -> RuleForm:
    """The form as the rule stands."""
    wish = wish_of(rule)
    texts = {name: _text(value) for name, value in wish.options.items()}
    texts |= {"name": wish.name, "email_to": ", ".join(wish.email_to), "webhook": wish.webhook}
    return RuleForm(wish.kind, texts, wish.actions, {})


def read(kind: str, sent: QueryDict, enabled: bool = True) -> tuple[RuleForm, Wish | None]:
    """The form as it was sent, and the rule it asks for; None where something is wrong."""
    form = RuleForm(kind, {name: sent.get(name, "") for name in sent}, sent.getlist("actions"), {})
    options, form.problems = read_options(kind, form.texts)
    addresses = [one.strip() for one in form.texts.get("email_to", "").split(",") if one.strip()]
    name, webhook = form.texts.get("name", ""), form.texts.get("webhook", "").strip()
    wish = Wish(name, kind, options, form.chosen, addresses, webhook, enabled)
    try:
        wish = settled(wish)
    except RuleError as wrong:
        # What a text could not be read as is told better than that its value is missing.
        form.problems = wrong.problems | form.problems
    return form, None if form.problems else wish


def _text(value: Any) -> str:
    """A value as it stands in a field; "" for none."""
    return "" if value is None else config_value(value)
