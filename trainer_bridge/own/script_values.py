"""What a script is given when it parses its arguments: the run's values as a command line."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from trainer_bridge.own.files import NotOffered
from trainer_bridge.own.parser_fields import (
    SWITCHES,
    command_of,
    options_of,
    read_as_the_form_does,
    takes_training_arguments,
)
from trainer_bridge.own.script_file import recipe_of, script_path
from trainer_bridge.problem import SpecProblem
from trainer_bridge.recipes.base import Recipe

#: What Trainboard sets itself, whatever the script says.
FIXED = {"report_to": "none", "disable_tqdm": True, "logging_nan_inf_filter": False}


class Given:
    """The words for a script's parser; ``recipe`` is what the parser says of the script, once it was asked."""

    recipe: Recipe | None = None
    command: tuple[str, ...] = ()

    def __init__(self, spec: Mapping[str, Any], output_dir: Path) -> None:
        self._spec, self._output_dir = spec, output_dir

    def words(self, parser: Any) -> list[str]:
        """Raises SpecProblem naming every value that the script's arguments do not take."""
        from trainer_bridge.spec import refuse_problems

        self.recipe = recipe_of(parser, script_path(self._spec["recipe"]))
        refuse_problems(self.recipe, self._spec)
        read_as_the_form_does(parser)
        parser.error = self._refuse
        words = command_of(parser, self._values(parser))
        self.command = ("python", self.recipe.name, *words)
        return words

    def _refuse(self, message: str) -> NoReturn:
        """In place of argparse's usage and exit code 2: what it says, at the field."""
        found = re.fullmatch(r"argument --([\w-]+)(?:/\S+)*: (.*)", message, re.DOTALL)
        if found is None or self.recipe is None:
            raise NotOffered(message)
        name = found[1].replace("-", "_")
        group = "params" if name in self.recipe.defaults() else "args"
        raise SpecProblem({f"{group}.{name}": f"The script says: {found[2]}."})

    def _values(self, parser: Any) -> dict[str, Any]:
        import torch

        given = {**self._spec.get("params", {}), **self._spec.get("args", {})}
        if not takes_training_arguments(parser):
            return given
        given = {name: True for name, on in SWITCHES.items() if on} | given
        fixed = {**FIXED, "output_dir": str(self._output_dir)}
        if not torch.accelerator.is_available():
            fixed["use_cpu"] = True
        return {**given, **{name: value for name, value in fixed.items() if name in options_of(parser)}}
