"""A run being configured: everything typed so far, as texts, whether it can run or not."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from operator import itemgetter
from typing import Any

from django.http import QueryDict

from dashboard.forms.fields import FormField, find_key, form_fields, link_name
from dashboard.forms.plan import PlanTexts, blank_plan, plan_from_post, plan_link, plan_rows, plan_texts
from dashboard.forms.sweep import SweepInput, sweep_from_post
from dashboard.forms.values import MAX_TEXT, value_text
from runs import catalog
from runs.specs import Spec, given_config
from runs.sweeps.plan import SweepPlan
from runs.sweeps.space import Space
from trainer_bridge import recipes
from trainer_bridge.recipes import Recipe

#: What stands beside the fields.
LABELS = ("name", "tags", "project", "new_project", "ckpt")


@dataclass(frozen=True)
class Draft:
    """``texts`` holds one text for each field of the recipe, ``sweeps`` those whose Sweep is on, ``plan`` how they are
    searched.

    ``ckpt`` is the checkpoint that a fork goes on from, "" for a run from the start. ``notices`` say what a link asked
    for in vain; ``unknown_recipe`` is what a form named in vain.
    """

    recipe: Recipe
    texts: dict[str, str]
    sweeps: dict[str, SweepInput] = field(default_factory=dict)
    plan: PlanTexts = field(default_factory=blank_plan)
    name: str = ""
    tags: str = ""
    project: str = ""
    new_project: str = ""
    ckpt: str = ""
    notices: tuple[str, ...] = ()
    unknown_recipe: str = ""

    @cached_property
    def fields(self) -> Mapping[str, FormField]:
        return form_fields(self.recipe)

    def tag_list(self) -> list[str]:
        return self.tags.split(",")

    def changed(self, key: str) -> bool:
        """Whether the field was touched: it is swept, or its text is not the default's."""
        return key in self.sweeps or self.texts[key].strip() != self.fields[key].default_text


def blank(recipe: Recipe) -> Draft:
    """A draft with every field at the recipe's default."""
    return Draft(recipe, {key: row.default_text for key, row in form_fields(recipe).items()})


def from_spec(
    spec: Spec,
    space: Space | None = None,
    plan: SweepPlan | None = None,
    *,
    name: str = "",
    tags: list[str] | None = None,
) -> Draft:
    """A draft that would launch ``spec``, swept over ``space`` as ``plan`` says, again.

    Fields that the recipe no longer has are named in ``notices``. A run that was started elsewhere gives its training
    arguments; the recipe is still to be chosen.
    """
    draft, notices = _recipe_of(spec)
    given, space = given_config(spec), space or {}
    config = [key for key in given if key.startswith("config.")]
    gone = [key for key in (*given, *space) if key not in draft.texts and key not in config]
    notices += tuple(f"{key} is not a field of {draft.recipe.name}; its value was left out." for key in gone)
    return replace(
        draft,
        texts=draft.texts | {key: value_text(value) for key, value in given.items() if key in draft.texts},
        sweeps={key: SweepInput.of(given) for key, given in space.items() if key in draft.texts},
        plan=blank_plan() if plan is None else plan_texts(plan),
        name=name,
        tags=", ".join(tags or []),
        notices=notices,
    )


def _recipe_of(spec: Spec) -> tuple[Draft, tuple[str, ...]]:
    """A blank draft of the spec's recipe, else of another one with a notice."""
    recipe = catalog.find(spec.get("recipe"))
    if recipe is not None:
        return blank(recipe), ()
    if "recipe" in spec:
        text = f"The recipe “{spec['recipe']}” is not there any more; this is another one."
    else:
        text = (
            "This run was started outside Trainboard: its training arguments are filled in; choose a recipe."
        )
    return blank(first_recipe()), (text,)


def from_post(data: QueryDict) -> Draft:
    """The form as it was sent; a field that was not sent keeps its default."""
    wanted = data.get("recipe", "")[:MAX_TEXT]
    known = catalog.find(wanted)
    recipe = known or first_recipe()
    rows = form_fields(recipe)
    texts = {key: _sent(data, row) for key, row in rows.items()}
    sweeps = {
        key: sweep_from_post(data, key)
        for key, row in rows.items()
        if row.sweepable and data.get(f"sweep.{key}")
    }
    labels: dict[str, Any] = {name: data.get(name, "")[:MAX_TEXT] for name in LABELS}
    draft = replace(Draft(recipe, texts, sweeps, plan_from_post(data)), **labels)
    return replace(draft, unknown_recipe="" if known else wanted or "none")


def _sent(data: QueryDict, row: FormField) -> str:
    """The text of one field. One character too many is kept: the field then says that its text is too long."""
    text = data.get(row.key, row.default_text)[: row.field.max_length + 1]
    return text.replace("\r\n", "\n")  # browsers send the lines of a textarea so


def from_query(data: QueryDict, start: Draft | None = None) -> Draft:
    """The draft a link describes (``recipe``, ``set.…``, ``sweep.…``, ``when.…``, ``plan.…``, the labels), upon
    ``start``.
    """
    wanted = data.get("recipe", "")
    recipe = catalog.find(wanted)
    if start is None or (recipe and recipe is not start.recipe):
        start = blank(recipe or first_recipe())
    notices = list(start.notices)
    if wanted and recipe is None:
        notices.append(f"There is no recipe “{wanted[:60]}”; this is {start.recipe.name}.")
    texts, sweeps = dict(start.texts), dict(start.sweeps)
    for verb, name, text in sorted(_asked_fields(data), key=itemgetter(0)):
        key = find_key(start.fields, name)
        if key is None:
            notices.append(f"{start.recipe.name} has no field “{name[:60]}”; its value was left out.")
        elif verb == "set":
            texts[key] = text[: start.fields[key].field.max_length + 1]
        elif verb == "sweep" and start.fields[key].sweepable:
            sweeps[key] = SweepInput.from_link(text[:MAX_TEXT])
        elif verb == "when" and key in sweeps:
            sweeps[key] = sweeps[key].only_when(text[:MAX_TEXT])
    plan, strange = _asked_plan(data, start.plan)
    labels = {name: data.get(name, getattr(start, name))[:MAX_TEXT] for name in LABELS}
    notices += [f"A sweep has no “{name[:60]}”; its value was left out." for name in strange]
    return replace(start, texts=texts, sweeps=sweeps, plan=plan, notices=tuple(notices), **labels)


def _asked_fields(data: QueryDict) -> Iterator[tuple[str, str, str]]:
    """("set", "sweep" or "when", the field's name, the text) of each field that a link names."""
    for asked in data:
        verb, _, name = asked.partition(".")
        if verb in ("set", "sweep", "when"):
            yield verb, name, data.get(asked, "")


def _asked_plan(data: QueryDict, plan: PlanTexts) -> tuple[PlanTexts, list[str]]:
    """The rows of the plan with what a link sets of them, and what it names that is no row."""
    rows = plan_rows()
    asked = {key: data.get(key, "") for key in data if key.startswith("plan.")}
    known = {key: text[: rows[key].form.field.max_length + 1] for key, text in asked.items() if key in rows}
    return plan | known, [key.removeprefix("plan.") for key in asked if key not in rows]


def to_query(draft: Draft) -> QueryDict:
    """The link that ``from_query`` turns back into this draft; what is at its default is left out."""
    query = QueryDict(mutable=True)
    query["recipe"] = draft.recipe.name
    for key, text in draft.texts.items():
        if text.strip() != draft.fields[key].default_text:
            query[f"set.{link_name(draft.fields, key)}"] = text
    for key, sweep in draft.sweeps.items():
        query[f"sweep.{link_name(draft.fields, key)}"] = sweep.to_link()
        if condition := sweep.condition_link:
            query[f"when.{link_name(draft.fields, key)}"] = condition
    if draft.sweeps:
        query.update(plan_link(draft.plan))
    for name in LABELS:
        if text := getattr(draft, name):
            query[name] = text
    return query


def switch_recipe(draft: Draft, name: str) -> QueryDict:
    """The link to the same draft with another recipe; its own parameters do not come along."""
    query = to_query(draft)
    query["recipe"] = name[:MAX_TEXT]
    query.pop("ckpt", None)  # the checkpoint is of the recipe that is left
    recipe = catalog.find(name)
    rows = form_fields(recipe) if recipe else draft.fields
    for asked in list(query):
        verb, _, field_name = asked.partition(".")
        if verb in ("set", "sweep", "when") and find_key(rows, field_name) is None:
            del query[asked]
    return query


def first_recipe() -> Recipe:
    """The recipe that is offered when none is named."""
    return next(iter(recipes.catalog().values()))
