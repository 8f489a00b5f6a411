"""The New run form as its template draws it: sections, groups, rows."""

from dataclasses import dataclass
from itertools import groupby

from dashboard.forms.draft import Draft
from dashboard.forms.fields import FormField
from dashboard.forms.reading import Reading
from dashboard.forms.sweep import SweepInput, split_values
from trainer_bridge.argument_table import CHECKPOINTS
from trainer_bridge.data_fields import TITLES as DATA_TITLES
from trainer_bridge.spec_fields import PARAMETERS

#: Which section shows the fields of a group; groups that are not here are training arguments.
_SECTIONS = {PARAMETERS: "parameters", CHECKPOINTS: "checkpoints"} | dict.fromkeys(DATA_TITLES, "data")
_TITLES = {
    "parameters": "Parameters",
    "data": "Data",
    "arguments": "Training arguments",
    "checkpoints": "Checkpoints",
}
#: Problems of the Launch section.
LAUNCH_KEYS = ("sweep", "name", "tags", "project", "new_project")


@dataclass(frozen=True)
class Row:
    """One field with what was typed in it; ``error`` is "" when that is right."""

    field: FormField
    text: str
    changed: bool
    error: str
    swept: bool
    sweep: SweepInput

    @property
    def id(self) -> str:
        return html_id(self.field.key)

    @property
    def lines(self) -> int:
        """The height of a control of several lines, until its text grows."""
        return max(2, min(16, self.text.count("\n") + 1))

    @property
    def ticked(self) -> list[str]:
        """The options of a choice that the sweep tries."""
        return split_values(self.sweep.values)


@dataclass(frozen=True)
class Group:
    title: str
    rows: list[Row]

    @property
    def changed(self) -> int:
        return sum(row.changed for row in self.rows)


@dataclass(frozen=True)
class Section:
    id: str
    title: str
    groups: list[Group]

    @property
    def keys(self) -> list[str]:
        return [row.field.key for group in self.groups for row in group.rows]


@dataclass(frozen=True)
class SectionState:
    """What the list of sections says of one: ``problems`` and ``changed`` are counts."""

    problems: int
    changed: int
    note: str


def sections(draft: Draft, reading: Reading) -> list[Section]:
    """The sections between Recipe and Launch; one without fields is left out."""
    groups = [
        Group(title, [_row(draft, reading, field) for field in fields]) for title, fields in _grouped(draft)
    ]
    found = []
    for section_id, title in _TITLES.items():
        own = [group for group in groups if _SECTIONS.get(group.title, "arguments") == section_id]
        if own:
            found.append(Section(section_id, title, own))
    return found


def section_states(draft: Draft, reading: Reading) -> dict[str, SectionState]:
    """Section id → its state, "recipe" and "launch" among them."""
    states = {"recipe": SectionState("recipe" in reading.problems, 0, draft.recipe.task)}
    for section in sections(draft, reading):
        changed = sum(group.changed for group in section.groups)
        problems = sum(key in reading.problems for key in section.keys)
        states[section.id] = SectionState(problems, changed, f"{changed} changed" if changed else "defaults")
    problems = sum(key in reading.problems for key in LAUNCH_KEYS)
    trials = f"sweep of {reading.trials}" if reading.space else "1 run"
    return states | {"launch": SectionState(problems, 0, trials)}


def html_id(key: str) -> str:
    """The id of a field's control: "args.learning_rate" → "f-args-learning_rate"."""
    return "f-" + key.replace(".", "-")


def _row(draft: Draft, reading: Reading, field: FormField) -> Row:
    key = field.key
    return Row(
        field=field,
        text=draft.texts[key],
        changed=draft.changed(key),
        error=reading.problems.get(key, ""),
        swept=key in draft.sweeps,
        sweep=draft.sweeps.get(key, SweepInput()),
    )


def _grouped(draft: Draft) -> list[tuple[str, list[FormField]]]:
    return [(title, list(fields)) for title, fields in groupby(draft.fields.values(), key=lambda f: f.group)]
