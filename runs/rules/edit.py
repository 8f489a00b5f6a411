"""Making, changing and deleting rules; who did it and when stays with the rule."""

from typing import Any

from django.db import transaction

from runs.models import Project, Rule, Run
from runs.rules import book
from runs.rules.check import Wish, settled


def add_rule(project: Project, wish: Wish, *, run: Run | None = None, user: Any = None) -> Rule:
    """A rule for all runs of ``project`` or for ``run`` alone. Raises RuleError."""
    who = _name(user)
    rule = Rule(project=project, run=run, created_by=who, updated_by=who)
    return _keep(rule, settled(wish))


def change_rule(rule: Rule, wish: Wish, user: Any = None) -> Rule:
    """Replace what the rule says. A changed condition begins anew with every run. Raises RuleError."""
    wish = settled(wish)
    rule.updated_by = _name(user)
    if (rule.kind, rule.options) != (wish.kind, wish.options):
        rule.memories.all().delete()
    return _keep(rule, wish)


def switch_rule(rule: Rule, enabled: bool, user: Any = None) -> None:
    """Turn a rule on or off; it forgets what it saw, since it will miss what comes meanwhile."""
    rule.enabled, rule.updated_by = enabled, _name(user)
    rule.memories.all().delete()
    rule.save()
    transaction.on_commit(book.forget)


def delete_rule(rule: Rule) -> None:
    """Delete a rule; what it did stays in the events of the runs."""
    rule.delete()
    transaction.on_commit(book.forget)


def wish_of(rule: Rule) -> Wish:
    """The rule as somebody would ask for it."""
    return Wish(
        rule.name, rule.kind, dict(rule.options), list(rule.actions), list(rule.email_to), rule.webhook, rule.enabled
    )  # fmt: skip


@transaction.atomic
def _keep(rule: Rule, wish: Wish) -> Rule:
    rule.name, rule.kind, rule.options = wish.name, wish.kind, wish.options
    rule.actions, rule.email_to, rule.webhook = wish.actions, wish.email_to, wish.webhook
    rule.enabled = wish.enabled
    rule.save()
    transaction.on_commit(book.forget)
    return rule


def _name(user: Any) -> str:
    return user.get_username() if user is not None else ""
