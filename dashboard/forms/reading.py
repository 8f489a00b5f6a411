"""A draft read: the specification and search space it stands for, and every problem at its field."""

from dataclasses import dataclass, field
from typing import Any

from dashboard.forms.draft import Draft
from runs.labels import label_problems
from runs.projects import project_name_problem
from runs.specs import Spec, check_spec, spec_cautions, spec_with
from runs.sweeps.checks import sweep_problems
from runs.sweeps.grid import grid_size
from runs.sweeps.space import Space


@dataclass(frozen=True)
class Reading:
    """``problems`` maps a field key, "name", "tags", "new_project" or "sweep" to a sentence.

    ``unread`` holds the texts that are no value of their field: ``spec`` has the default there.
    ``cautions`` likewise say at a field what may not be meant; they keep nobody from launching.
    """

    spec: Spec
    space: Space
    problems: dict[str, str]
    unread: dict[str, str] = field(default_factory=dict)
    cautions: dict[str, str] = field(default_factory=dict)

    @property
    def trials(self) -> int:
        """How many runs Launch would queue."""
        return grid_size(self.space) if self.space else 1


def read(draft: Draft) -> Reading:
    """What ``draft`` would launch. Where a text cannot be read, its default stands in for the checks."""
    values, problems = _values(draft)
    unread = {key: draft.texts[key] for key in problems}
    space, space_problems = _space(draft)
    spec = spec_with({"recipe": draft.recipe.name, "params": {}, "args": {}}, values)
    problems |= space_problems
    if draft.unknown_recipe:
        problems |= check_spec({"recipe": draft.unknown_recipe})
    checked = sweep_problems(spec, space) if space else check_spec(spec)
    first = spec_with(spec, {key: values[0] for key, values in space.items()})
    labels = label_problems(draft.name, draft.tag_list())
    if draft.new_project.strip() and (sentence := project_name_problem(draft.new_project)):
        labels["new_project"] = sentence
    found = _in_page_order(draft, {**checked, **labels, **problems})
    told = {key: sentence for key, sentence in spec_cautions(first).items() if key not in found}
    return Reading(spec, space, found, unread, _in_page_order(draft, told))


def _values(draft: Draft) -> tuple[dict[str, Any], dict[str, str]]:
    """The values that differ from the defaults, and what could not be read."""
    values: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for key, row in draft.fields.items():
        if key in draft.sweeps:
            continue
        try:
            value = row.field.parse(draft.texts[key])
        except ValueError as error:
            problems[key] = str(error)
        else:
            if value != row.default:
                values[key] = value
    return values, problems


def _space(draft: Draft) -> tuple[Space, dict[str, str]]:
    space: Space = {}
    problems: dict[str, str] = {}
    for key, sweep in draft.sweeps.items():
        try:
            space[key] = sweep.expand(draft.fields[key].field)
        except ValueError as error:
            problems[key] = str(error)
    return space, problems


def _in_page_order(draft: Draft, problems: dict[str, str]) -> dict[str, str]:
    order = ["recipe", *draft.fields, "sweep", "name", "tags", "new_project"]
    known = {key: problems[key] for key in order if key in problems}
    return known | problems
