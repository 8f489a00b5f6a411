"""The settable fields of the New run form for one recipe, in the order and groups of the page."""

from dataclasses import dataclass

from dashboard.forms.values import value_text
from trainer_bridge import arguments
from trainer_bridge.fields import Field, Value
from trainer_bridge.recipes import Recipe

#: The group of the recipe's own parameters.
PARAMETERS = "Parameters"
NUMBERS = frozenset({"int", "float"})


@dataclass(frozen=True)
class FormField:
    """One row: ``key`` is "args.learning_rate", ``default`` what this recipe runs with by itself."""

    key: str
    field: Field
    default: Value
    group: str
    sweepable: bool

    @property
    def default_text(self) -> str:
        return value_text(self.default)

    @property
    def is_number(self) -> bool:
        return self.field.kind in NUMBERS

    @property
    def options(self) -> tuple[str, ...]:
        """The values a choice can take, as texts; empty for what is typed."""
        return ("true", "false") if self.field.kind == "bool" else self.field.choices


def form_fields(recipe: Recipe) -> dict[str, FormField]:
    """Key → field: the recipe's parameters first, then the training arguments group by group."""
    defaults = arguments.merge({}, recipe.arguments)
    # Texts name things: a list of them is seldom a sweep, and commas may stand in them.
    rows = [
        FormField(f"params.{p.name}", p, p.default, PARAMETERS, p.kind != "text") for p in recipe.parameters
    ]
    rows += [FormField(f"args.{f.name}", f, defaults[f.name], f.group, f.sweepable) for f in arguments.COMMON]
    return {row.key: row for row in rows}


def find_key(fields: dict[str, FormField], name: str) -> str | None:
    """The key of a field named in a link: "learning_rate", "args.learning_rate" or "params.hidden_size"."""
    return next((key for key in (name, f"args.{name}", f"params.{name}") if key in fields), None)


def link_name(fields: dict[str, FormField], key: str) -> str:
    """The shortest name that ``find_key`` turns back into ``key``."""
    short = key.partition(".")[2]
    return short if find_key(fields, short) == key else key
