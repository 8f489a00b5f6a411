"""The recipes of the New run form in groups, so that one is found among many."""

from collections.abc import Iterable
from dataclasses import dataclass

from trainer_bridge.recipes import Recipe

#: In the order of the page.
READY, TEXT, MEDIA, PLAIN, OWN = (
    "Ready examples",
    "Text",
    "Images and sound",
    "Plain modules",
    "Your own",
)
_BY_TASK = {"image classification": MEDIA, "audio classification": MEDIA, "plain nn.Module": PLAIN}


@dataclass(frozen=True)
class RecipeGroup:
    """Recipes that belong together, in the order of the catalogue."""

    title: str
    recipes: list[Recipe]


def grouped(recipes: Iterable[Recipe]) -> list[RecipeGroup]:
    """Every recipe in its group; a group without any is left out."""
    found: dict[str, list[Recipe]] = {title: [] for title in (READY, TEXT, MEDIA, PLAIN, OWN)}
    for recipe in recipes:
        found[_group(recipe)].append(recipe)
    return [RecipeGroup(title, members) for title, members in found.items() if members]


def _group(recipe: Recipe) -> str:
    """Built in and with its own model and data, it is an example; else its task decides."""
    if recipe.own:
        return OWN
    if recipe.task in _BY_TASK and ("data" in recipe.takes or _BY_TASK[recipe.task] == PLAIN):
        return _BY_TASK[recipe.task]
    return TEXT if "data" in recipe.takes else READY
