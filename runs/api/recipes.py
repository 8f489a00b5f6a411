"""What can be trained: the built-in recipes, and own recipes and scripts of the workers."""

from typing import Any

from django.http import Http404, HttpRequest
from ninja import Router, Schema

from runs import catalog
from trainer_bridge.fields import did_you_mean
from trainer_bridge.recipes import Recipe
from trainer_bridge.spec_fields import SpecField, fields_of

router = Router(tags=["recipes"])


class RecipeOut(Schema):
    """``kind`` is "built-in", "recipe" or "script"; ``file`` the name of a person's own file."""

    name: str
    title: str
    task: str
    description: str
    objective: str
    greater_is_better: bool
    kind: str
    file: str


class FieldOut(Schema):
    """One field of a specification: its key, "args.seed", and what may stand there."""

    key: str
    kind: str
    default: Any
    help: str
    choices: list[str]
    optional: bool
    sweepable: bool
    minimum: float | None
    maximum: float | None


class RecipeFields(RecipeOut):
    fields: list[FieldOut]


@router.get("/recipes", response=list[RecipeOut])
def list_recipes(request: HttpRequest) -> list[dict[str, Any]]:
    """All recipes, the built-in ones first."""
    return [_words(recipe) for recipe in catalog.catalog().values()]


@router.get("/recipes/{name}", response=RecipeFields)
def read_recipe(request: HttpRequest, name: str) -> dict[str, Any]:
    """One recipe with every field of its specification."""
    recipe = catalog.find(name)
    if recipe is None:
        raise Http404(f"There is no recipe “{name}”.{did_you_mean(name, catalog.catalog())}")
    return {**_words(recipe), "fields": [_field(row) for row in fields_of(recipe).values()]}


def _words(recipe: Recipe) -> dict[str, Any]:
    names = ("name", "title", "task", "description", "objective", "greater_is_better")
    own = (
        {"kind": recipe.own.kind, "file": recipe.own.name} if recipe.own else {"kind": "built-in", "file": ""}
    )
    return {**{name: getattr(recipe, name) for name in names}, **own}


def _field(row: SpecField) -> dict[str, Any]:
    names = ("kind", "help", "choices", "optional", "minimum", "maximum")
    told = {name: getattr(row.field, name) for name in names}
    return {"key": row.key, "default": row.default, "sweepable": row.sweepable, **told}
