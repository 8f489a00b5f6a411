"""A specification as a Python script that needs no Trainboard."""

from runs import catalog
from runs.errors import RunError
from runs.specs import Spec
from trainer_bridge.standalone import NotStandalone, script

SCRIPT_FILE = "train.py"


def has_script(spec: Spec) -> bool:
    """Whether there is one: not for a run that was started elsewhere, nor for a file of a person's own."""
    recipe = catalog.find(spec.get("recipe"))
    return recipe is not None and recipe.own is None


def script_of(spec: Spec, title: str = "", file: str = SCRIPT_FILE) -> str:
    """The script that trains ``spec``, which can run. Raises RunError where there is none to make."""
    recipe = catalog.find(spec.get("recipe"))
    if recipe is None:
        raise RunError("There is no recipe to make a script of.")
    try:
        return script(recipe, spec, title, file)
    except NotStandalone as refused:
        raise RunError(str(refused)) from refused
