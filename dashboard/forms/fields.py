"""The settable fields of the New run form for one recipe, in the order and groups of the page."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from dashboard.forms.values import value_text
from trainer_bridge.fields import Field, Value
from trainer_bridge.recipes import Recipe
from trainer_bridge.spec_fields import GROUPS, fields_of

NUMBERS = frozenset({"int", "float"})
#: Names that fields of the Launch section have.
_OF_LAUNCH = frozenset({"name", "tags", "project"})


@dataclass(frozen=True)
class FormField:
    """One row: ``key`` is "args.learning_rate", ``default`` what this recipe runs with by itself.

    ``label``: its name, with its group where another field of the page has the name too: "model.source".
    ``advanced``: it is folded away until somebody looks for it.
    """

    key: str
    field: Field
    default: Value
    group: str
    label: str
    sweepable: bool
    advanced: bool = False

    @cached_property
    def default_text(self) -> str:
        return value_text(self.default)

    @property
    def is_number(self) -> bool:
        return self.field.kind in NUMBERS

    @property
    def options(self) -> tuple[str, ...]:
        """The values a choice can take, as texts; empty for what is typed."""
        if self.field.kind == "bool":
            return ("true", "false")
        return self.field.choices if self.field.kind == "choice" else ()


@functools.lru_cache(maxsize=128)
def form_fields(recipe: Recipe) -> Mapping[str, FormField]:
    """Key → field, in the order and under the headings of the page."""
    rows = fields_of(recipe)
    return MappingProxyType(
        {
            key: FormField(
                key, row.field, row.default, row.title, _label(rows, key), row.sweepable, row.advanced
            )
            for key, row in rows.items()
        }
    )


def _label(rows: Mapping[str, object], key: str) -> str:
    short = link_name(rows, key)
    return key if short in _OF_LAUNCH else short


def find_key(fields: Mapping[str, object], name: str) -> str | None:
    """The key of a field named in a link: "args.learning_rate", or "learning_rate", an argument before all others."""
    return next(
        (key for key in (name, *(f"{group}.{name}" for group in GROUPS[::-1])) if key in fields), None
    )


def link_name(fields: Mapping[str, object], key: str) -> str:
    """The shortest name that ``find_key`` turns back into ``key``."""
    short = key.partition(".")[2]
    return short if find_key(fields, short) == key else key
