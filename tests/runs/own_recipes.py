"""Recipes of a person's own as a worker reports them, for tests of the server's side."""

from trainer_bridge.fields import Field
from trainer_bridge.own.files import FileProblem, OwnFile
from trainer_bridge.own.wire import Catalogue, to_json
from trainer_bridge.recipes import Recipe, TrainerParts


def own_recipe(name: str = "mine", **changes) -> Recipe:
    """One with a number and a choice to set; ``changes`` are fields of Recipe."""
    values = {
        "name": name,
        "title": "My own",
        "task": "regression",
        "description": "Learns something.",
        "parameters": (
            Field("width", "int", 8, "How wide.", minimum=1),
            Field("kind", "choice", "a", choices=("a", "b")),
        ),
        "arguments": {"learning_rate": 0.01},
        "objective": "eval/loss",
        "greater_is_better": False,
        "estimate": "",
        "build": TrainerParts,
        "own": OwnFile("recipe", f"{name}.py", "0" * 64),
    }
    return Recipe(**{**values, **changes})


def report_of(*recipes: Recipe, problems: tuple[FileProblem, ...] = ()) -> bytes:
    """The body of a worker's report."""
    return to_json(Catalogue({"recipe": "/data/recipes", "script": "/data/scripts"}, recipes, problems))
