"""The New run form as its template draws it: sections, groups, rows."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from dashboard.forms.draft import Draft
from dashboard.forms.fields import FormField
from dashboard.forms.plan import METHODS, PlanRow, is_of, plan_rows
from dashboard.forms.reading import Reading
from dashboard.forms.sweep import SweepInput, split_values
from trainer_bridge.argument_fields import owned
from trainer_bridge.argument_groups import CHECKPOINTS

_TITLES = {
    "parameters": "Parameters",
    "data": "Data",
    "model": "Model",
    "trainer": "Trainer",
    "arguments": "Training arguments",
    "checkpoints": "Checkpoints",
}
#: Which section shows the fields of a group of the spec, where it is called otherwise.
_SECTIONS = {"params": "parameters", "args": "arguments"}
#: Problems of the Launch section.
LAUNCH_KEYS = ("name", "tags", "project", "new_project")


@dataclass(frozen=True)
class Row:
    """One field with what was typed in it; ``error`` and ``caution`` are "" when there is nothing to say."""

    field: FormField
    text: str
    changed: bool
    error: str
    caution: str
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
    """Fields under one heading: ``common`` ones, and ``others`` that are folded away at first."""

    title: str
    rows: list[Row]

    @property
    def common(self) -> list[Row]:
        return [row for row in self.rows if not row.field.advanced]

    @property
    def others(self) -> list[Row]:
        return [row for row in self.rows if row.field.advanced]

    @property
    def others_open(self) -> bool:
        """Whether one of the others was touched, so that it must be seen."""
        return any(row.changed or row.error for row in self.others)

    @property
    def open(self) -> bool:
        return bool(self.common) or self.others_open

    @property
    def size(self) -> str:
        """How many fields it has: "12 of 17" where not all are seen at first."""
        common, all_of_them = len(self.common), len(self.rows)
        return f"{common} of {all_of_them}" if 0 < common < all_of_them else str(all_of_them)

    @property
    def changed(self) -> int:
        return sum(row.changed for row in self.rows)

    @property
    def changes(self) -> str:
        """What was changed in it, in words: "2 changed: bf16, tf32"."""
        names = [row.field.label for row in self.rows if row.changed]
        return f"{len(names)} changed: {', '.join(names)}" if names else ""

    @property
    def problems(self) -> str:
        """How many of its fields are to be mended, in words."""
        count = sum(bool(row.error) for row in self.rows)
        return f"{count} to fix" if count else ""


@dataclass(frozen=True)
class Owned:
    """Arguments that nobody sets here, and why."""

    names: list[str]
    reason: str


@dataclass(frozen=True)
class Section:
    id: str
    title: str
    groups: list[Group]

    @property
    def keys(self) -> list[str]:
        return [row.field.key for group in self.groups for row in group.rows]

    @property
    def size(self) -> str:
        """ "30 common of 95", where the others are folded away."""
        common = sum(len(group.common) for group in self.groups)
        return f"{common} common of {len(self.keys)}" if common < len(self.keys) else ""

    @property
    def is_one_group(self) -> bool:
        """Whether the section's own heading is enough."""
        return len(self.groups) == 1

    @property
    def owned(self) -> list[Owned]:
        """What Trainboard sets itself, told where people look for it."""
        return _owned() if self.id == "arguments" else []


@dataclass(frozen=True)
class MethodHelp:
    """What a sampler or pruner is for; seen while it is chosen."""

    of: str
    text: str
    hidden: bool


@dataclass(frozen=True)
class PlanShown:
    """A row of the plan; ``of`` is the choice that it belongs to ("sampler:tpe"), "" where it always counts."""

    row: Row
    of: str
    hidden: bool
    helps: list[MethodHelp]


@dataclass(frozen=True)
class SectionState:
    """What the list of sections says of one: ``problems`` and ``changed`` are counts."""

    problems: int
    changed: int
    note: str


def sections(draft: Draft, reading: Reading) -> list[Section]:
    """The sections between Recipe and Launch; one without fields is left out."""
    found: dict[str, list[Group]] = {}
    for section, title, fields in _grouped(draft):
        found.setdefault(section, []).append(Group(title, [_row(draft, reading, field) for field in fields]))
    return [Section(name, title, found[name]) for name, title in _TITLES.items() if name in found]


def launch_rows(draft: Draft, reading: Reading) -> list[Row]:
    """The fields of the specification that stand in the Launch section."""
    return [_row(draft, reading, field) for field in draft.fields.values() if _section(field) == "launch"]


def section_states(draft: Draft, reading: Reading) -> dict[str, SectionState]:
    """Section id → its state, "recipe" and "launch" among them."""
    states = {"recipe": SectionState("recipe" in reading.problems, 0, draft.recipe.task)}
    for section in sections(draft, reading):
        changed = sum(group.changed for group in section.groups)
        problems = sum(key in reading.problems for key in section.keys)
        states[section.id] = SectionState(problems, changed, f"{changed} changed" if changed else "defaults")
    return states | {"search": _search_state(draft, reading), "launch": _launch_state(draft, reading)}


def _search_state(draft: Draft, reading: Reading) -> SectionState:
    keys = [*plan_rows(), "sweep"]
    return SectionState(sum(key in reading.problems for key in keys), 0, reading.plan.sampler)


def _launch_state(draft: Draft, reading: Reading) -> SectionState:
    rows = launch_rows(draft, reading)
    problems = sum(key in reading.problems for key in (*LAUNCH_KEYS, *(row.field.key for row in rows)))
    changed = sum(row.changed for row in rows)
    return SectionState(problems, changed, _launched(draft, reading))


def _launched(draft: Draft, reading: Reading) -> str:
    if not draft.sweeps:
        return "1 run"
    return f"sweep of {reading.trials}" if reading.trials else "sweep"


def shown_plan(draft: Draft, reading: Reading) -> list[PlanShown]:
    """How the sweep is searched, row by row."""
    return [_plan_row(draft, reading, key, found) for key, found in plan_rows().items()]


def _plan_row(draft: Draft, reading: Reading, key: str, found: PlanRow) -> PlanShown:
    text = draft.plan[key]
    changed = text.strip() != found.form.default_text
    row = Row(found.form, text, changed, reading.problems.get(key, ""), "", False, SweepInput())
    return PlanShown(row, ":".join(found.of or ()), not is_of(draft.plan, found), _helps(draft, key))


def _helps(draft: Draft, key: str) -> list[MethodHelp]:
    kind = key.removeprefix("plan.")
    methods = METHODS.get(kind, {})
    return [
        MethodHelp(f"{kind}:{name}", f"{method.title}. {method.help}", draft.plan[key] != name)
        for name, method in methods.items()
    ]


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
        caution=reading.cautions.get(key, ""),
        swept=key in draft.sweeps,
        sweep=draft.sweeps.get(key, SweepInput()),
    )


def _grouped(draft: Draft) -> Iterator[tuple[str, str, list[FormField]]]:
    """(section, heading, fields) in the order of the fields."""
    for (section, title), fields in groupby(draft.fields.values(), key=lambda f: (_section(f), f.group)):
        yield section, title, list(fields)


def _section(field: FormField) -> str:
    group = field.key.partition(".")[0]
    return "checkpoints" if field.group == CHECKPOINTS else _SECTIONS.get(group, group)


def _owned() -> list[Owned]:
    reasons: dict[str, list[str]] = {}
    for name, reason in owned().items():
        reasons.setdefault(reason, []).append(name)
    return [Owned(names, reason) for reason, names in reasons.items()]
