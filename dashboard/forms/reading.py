"""A draft read: the specification, search space and plan it stands for, and every problem at its field."""

from dataclasses import dataclass, field
from typing import Any

from dashboard.forms.draft import Draft
from dashboard.forms.fields import find_key
from dashboard.forms.plan import at_rows, plan_rows, read_plan
from runs.labels import label_problems
from runs.projects import project_name_problem
from runs.specs import Spec, check_spec, spec_cautions, spec_with
from runs.sweeps.checks import sweep_cautions, sweep_problems
from runs.sweeps.grid import first_point
from runs.sweeps.plan import SweepPlan
from runs.sweeps.sizes import size
from runs.sweeps.space import Space
from trainer_bridge.fields import Field


@dataclass(frozen=True)
class Reading:
    """``problems`` maps a field key, a row of the plan, "name", "tags", "new_project" or "sweep" to a sentence.
    ``trials`` is how many runs Launch queues in all, ``trials_text`` how they come about ("" for a single run).

    ``unread`` holds the texts that are no value of their field: ``spec`` has the default there.
    ``cautions`` likewise say at a field what may not be meant; they keep nobody from launching.
    """

    spec: Spec
    space: Space
    problems: dict[str, str]
    unread: dict[str, str] = field(default_factory=dict)
    cautions: dict[str, str] = field(default_factory=dict)
    plan: SweepPlan = field(default_factory=SweepPlan)
    trials: int = 1
    trials_text: str = ""


def read(draft: Draft) -> Reading:
    """What ``draft`` would launch. Where a text cannot be read, its default stands in for the checks."""
    values, problems = _values(draft)
    unread = {key: draft.texts[key] for key in problems}
    spec = spec_with({"recipe": draft.recipe.name, "params": {}, "args": {}}, values)
    if draft.unknown_recipe:
        problems |= check_spec({"recipe": draft.unknown_recipe})
    if draft.sweeps:
        return _read_sweep(draft, spec, problems, unread)
    found = _in_page_order(draft, {**check_spec(spec), **_label_problems(draft), **problems})
    return Reading(spec, {}, found, unread, _cautions(draft, spec, found))


def _read_sweep(draft: Draft, spec: Spec, problems: dict[str, str], unread: dict[str, str]) -> Reading:
    plan, plan_problems = read_plan(draft.plan, _training_seed(draft))
    space, space_problems = _space(draft, grid=plan.is_grid)
    problems |= space_problems | plan_problems
    checked = at_rows(sweep_problems(spec, space, plan)) if space else check_spec(spec)
    found = _in_page_order(draft, {**checked, **_label_problems(draft), **problems})
    trials, text = size(space, plan, spec)
    first = spec if found else spec_with(spec, first_point(space))
    told = _cautions(draft, first, found) | sweep_cautions(spec, space)
    return Reading(spec, space, found, unread, told, plan, trials, text)


def _training_seed(draft: Draft) -> int:
    """The seed from which the seeds of a configuration count up."""
    try:
        seed = draft.fields["args.seed"].field.parse(draft.texts["args.seed"])
    except (KeyError, ValueError):
        return 0
    return seed if isinstance(seed, int) else 0


def _label_problems(draft: Draft) -> dict[str, str]:
    labels = label_problems(draft.name, draft.tag_list())
    if draft.new_project.strip() and (sentence := project_name_problem(draft.new_project)):
        labels["new_project"] = sentence
    return labels


def _cautions(draft: Draft, spec: Spec, found: dict[str, str]) -> dict[str, str]:
    told = {key: sentence for key, sentence in spec_cautions(spec).items() if key not in found}
    return _in_page_order(draft, told)


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


def _space(draft: Draft, *, grid: bool) -> tuple[Space, dict[str, str]]:
    space: Space = {}
    problems: dict[str, str] = {}
    for key, sweep in draft.sweeps.items():
        condition = find_key(draft.fields, sweep.when_field.strip())
        try:
            found = sweep.distribution(draft.fields[key].field, _field(draft, condition), grid=grid)
        except ValueError as error:
            problems[key] = str(error)
        else:
            space[key] = _named(found, condition)
    return space, problems


def _field(draft: Draft, key: str | None) -> Field | None:
    return draft.fields[key].field if key else None


def _named(found: Any, condition: str | None) -> Any:
    """The same with the whole name of the field in its condition: a person may write the last part only."""
    if not isinstance(found, dict) or "when" not in found:
        return found
    return {**found, "when": {**found["when"], "field": condition}}


def _in_page_order(draft: Draft, problems: dict[str, str]) -> dict[str, str]:
    order = ["recipe", *draft.fields, "sweep", *plan_rows(), "name", "tags", "new_project"]
    known = {key: problems[key] for key in order if key in problems}
    return known | problems
