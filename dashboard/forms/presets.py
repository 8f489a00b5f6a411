"""A preset put over the form: what it sets, what that changed, and what has no place there."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from dashboard.forms.draft import Draft, from_query, switch_recipe
from dashboard.forms.plan import plan_texts
from dashboard.forms.reading import Reading
from dashboard.forms.sweep import SweepInput
from dashboard.forms.values import value_text
from runs import catalog
from runs.models import Preset
from runs.specs import Spec, given_config
from runs.sweeps.plan import plan_of_json

#: More changes than these are told as a number.
MOST_TOLD = 6


@dataclass(frozen=True)
class Applied:
    """``text`` says in a sentence what the preset did to the form that became ``draft``."""

    draft: Draft
    text: str


def spec_to_save(reading: Reading, *, any_recipe: bool) -> Spec:
    """What a preset keeps of a form: settings only, without the recipe and its own parameters for any recipe."""
    left_out = {"recipe", "params"} if any_recipe else set()
    return {key: part for key, part in reading.spec.items() if part and key not in left_out}


def apply(draft: Draft, preset: Preset) -> Applied:
    """``draft`` with the preset over it: its recipe, values and sweeps; everything else stays."""
    before = draft
    if (name := preset.spec.get("recipe")) and name != draft.recipe.name and catalog.find(name):
        draft = replace(from_query(switch_recipe(draft, name)), notices=draft.notices)
    given = {**given_config(preset.spec), **preset.space}
    known = {key: value for key, value in given.items() if key in draft.fields}
    texts = {key: value_text(value) for key, value in known.items() if key not in preset.space}
    sweeps = {key: SweepInput.of(given) for key, given in preset.space.items() if key in draft.fields}
    plan = plan_texts(plan_of_json(preset.plan)) if preset.space else draft.plan
    kept = {key: sweep for key, sweep in draft.sweeps.items() if key not in texts}
    after = replace(draft, texts=draft.texts | texts, sweeps=kept | sweeps, plan=plan)
    return Applied(after, _told(preset, before, after, given.keys()))


def _told(preset: Preset, before: Draft, after: Draft, given: Collection[str]) -> str:
    left_out = [key for key in given if key not in after.fields]
    set_here = [key for key in after.fields if key in given]
    changes = [_change(before, after, key) for key in set_here if _shown(before, key) != _shown(after, key)]
    if before.recipe is not after.recipe:
        changes.insert(0, f"recipe {before.recipe.name} → {after.recipe.name}")
    more = f" and {len(changes) - MOST_TOLD} more" if len(changes) > MOST_TOLD else ""
    told = f"changed {', '.join(changes[:MOST_TOLD])}{more}" if changes else "changed nothing"
    lacks = f" {after.recipe.name} has no {', '.join(left_out)}: left out." if left_out else ""
    return f"The preset “{preset.name}” {told}.{lacks}"


def _change(before: Draft, after: Draft, key: str) -> str:
    return f"{after.fields[key].label} {_shown(before, key) or 'not set'} → {_shown(after, key) or 'not set'}"


def _shown(draft: Draft, key: str) -> str:
    """What stands in a field, or what it is swept over; nothing for a field that the recipe has not."""
    if key in draft.sweeps:
        return f"sweep {draft.sweeps[key].to_link().partition(':')[2]}"
    return draft.texts.get(key, "").strip()
