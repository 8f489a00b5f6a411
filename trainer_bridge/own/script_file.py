"""A script, run until it parses its arguments and not a line further: what can be set about it, as a recipe.

Only ever in a process of its own: it is somebody's code.
"""

import ast
import inspect
import re
from pathlib import Path
from typing import Any

from transformers.hf_argparser import HfArgumentParser

from trainer_bridge.own import script
from trainer_bridge.own.files import NotOffered
from trainer_bridge.own.parser_fields import arguments_of, parameters_of, takes_training_arguments
from trainer_bridge.own.places import places, problem_with
from trainer_bridge.own.sources import remember
from trainer_bridge.recipes.base import Recipe

MAX_DESCRIPTION = 400
TOO_EARLY = "It makes a Trainer before an HfArgumentParser has parsed its arguments."


class _Parsed(BaseException):
    """Raised in the script's place where it would parse; no ``except Exception`` of its own stops it."""

    def __init__(self, recipe: Recipe) -> None:
        super().__init__()
        self.recipe = recipe


def read(path: Path) -> Recipe:
    """The script as a recipe. Raises NotOffered, or whatever the script itself raises before it parses."""

    def parsed(parser: HfArgumentParser) -> list[str]:
        raise _Parsed(recipe_of(parser, path))

    def made(trainer: Any) -> None:
        raise NotOffered(TOO_EARLY)

    script.on_parse(parsed)
    script.on_trainer(made, lambda trainer, go: None)
    try:
        script.run(path)
    except _Parsed as found:
        return found.recipe
    except SystemExit as ended:
        sentence = f"It ended with exit code {ended.code} before an HfArgumentParser parsed anything."
        raise NotOffered(sentence) from None
    finally:
        script.undo()
    raise NotOffered("It ended, and no HfArgumentParser parsed its arguments.")


def script_path(name: str) -> Path:
    """The script of this name. Raises NotOffered when it is not there."""
    path = places().script / name
    if Path(name).name != name or not path.exists():
        raise NotOffered(f"There is no script {name} in {places().script}.")
    if sentence := problem_with(path):
        raise NotOffered(f"{name}: {sentence}")
    return path.resolve()


def recipe_of(parser: HfArgumentParser, path: Path) -> Recipe:
    """What a script with this parser offers."""
    arguments = arguments_of(parser)
    metric = (arguments.get("metric_for_best_model") or "loss").removeprefix("eval_")
    greater = arguments.get("greater_is_better")
    text = path.read_bytes()
    own = remember("script", path.name, text)
    return Recipe(
        name=path.name,
        title=path.stem.replace("_", " ").replace("-", " ").strip().capitalize(),
        task="own script",
        description=_description(text),
        parameters=parameters_of(parser),
        arguments=arguments,
        objective=f"eval/{metric}",
        greater_is_better=not metric.endswith("loss") if greater is None else greater,
        estimate="",
        build=_builds_itself,
        without=frozenset({"trainer"} if takes_training_arguments(parser) else {"trainer", "args"}),
        own=own,
    )


def _builds_itself(**_: Any) -> Any:
    raise TypeError("A script makes its Trainer itself.")


def _description(text: bytes) -> str:
    """The first paragraph of the script's docstring."""
    said = inspect.cleandoc(ast.get_docstring(ast.parse(text)) or "").partition("\n\n")[0]
    return re.sub(r"\s+", " ", said)[:MAX_DESCRIPTION]
