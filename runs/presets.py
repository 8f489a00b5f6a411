"""Presets: settings saved by name in a project, and put over a form later."""

from typing import Any

from django.db import IntegrityError, transaction

from runs.errors import SpecError
from runs.labels import MAX_NAME_LENGTH
from runs.models import Preset, Project
from runs.specs import Spec, check_spec
from runs.sweeps.checks import sweep_problems
from runs.sweeps.plan import SweepPlan
from runs.sweeps.space import Space
from trainer_bridge.spec_fields import GROUPS


class PresetError(ValueError):
    """A preset cannot be called so; ``taken`` says that another one is."""

    def __init__(self, sentence: str, *, taken: bool = False) -> None:
        super().__init__(sentence)
        self.taken = taken


def save_preset(
    project: Project,
    name: str,
    spec: Spec,
    space: Space,
    plan: SweepPlan | None = None,
    *,
    replace: bool = False,
    user: Any = None,
) -> Preset:
    """Save settings under ``name``; an existing preset only with ``replace``.

    Raises PresetError for the name, SpecError for settings that no run could have.
    """
    _check_name(name)
    plan = plan or SweepPlan()
    if problems := preset_problems(spec, space, plan):
        raise SpecError(problems)
    plan_json = plan.to_json() if space else {}
    values = {
        "spec": spec,
        "space": space,
        "plan": plan_json,
        "created_by": user.get_username() if user else "",
    }
    preset, made = Preset.objects.get_or_create(project=project, name=name.strip(), defaults=values)
    if made:
        return preset
    if not replace:
        raise _taken(name)
    for key, value in values.items():
        setattr(preset, key, value)
    preset.save()
    return preset


def rename_preset(preset: Preset, name: str) -> None:
    """Call it ``name``. Raises PresetError."""
    _check_name(name)
    preset.name = name.strip()
    try:
        with transaction.atomic():
            preset.save()
    except IntegrityError as error:
        raise _taken(name) from error


def preset_problems(spec: Spec, space: Space, plan: SweepPlan) -> dict[str, str]:
    """Field → why a run could not have it. Without a recipe only the shape is looked at: another may fit."""
    if "recipe" in spec:
        return sweep_problems(spec, space, plan) if space else check_spec(spec)
    unknown = [key for key, values in spec.items() if key not in GROUPS or not isinstance(values, dict)]
    return dict.fromkeys(unknown, "A preset has the groups of a specification, each a map.")


def _check_name(name: str) -> None:
    text = name.strip()
    if not text:
        raise PresetError("A preset needs a name.")
    if len(text) > MAX_NAME_LENGTH:
        raise PresetError(f"The name has {len(text)} characters; the most is {MAX_NAME_LENGTH}.")
    if not text.isprintable():
        raise PresetError("The name holds a line break or a control character. Take it out.")


def _taken(name: str) -> PresetError:
    return PresetError(f"There is already a preset “{name.strip()}” in this project.", taken=True)
