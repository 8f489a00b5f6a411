"""Fields that stand under a heading of a form, and rules between them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from trainer_bridge.fields import Field


@dataclass(frozen=True)
class TitledField(Field):
    """``title``: the heading a form shows it under. ``sweepable``: a sweep may vary it.

    ``advanced``: it stands in a group that is closed at first.
    """

    title: str = ""
    sweepable: bool = False
    advanced: bool = False


class Broken(NamedTuple):
    """A rule that does not hold: the field to say it at, by its name within the group, and the sentence."""

    name: str
    sentence: str


class Rule(NamedTuple):
    """``reads``: the names within its own group; where one of them has a problem already, the rule is passed over.

    ``check`` is given the values of all groups, {"data": {"source": …}, "args": {…}}.
    """

    reads: frozenset[str]
    check: Callable[[Mapping[str, Mapping[str, Any]]], Broken | None]
