"""``python -m trainer_bridge new-recipe NAME``: a documented recipe that works at once, to be changed."""

import pkgutil
import re
from pathlib import Path

from trainer_bridge import recipes
from trainer_bridge.own import templates
from trainer_bridge.own.places import places

DEFAULT = "regression"
_NAME = re.compile(r"[a-z][a-z0-9]*([_-][a-z0-9]+)*", re.ASCII)


def tasks() -> list[str]:
    """What a recipe may begin with."""
    return sorted(module.name for module in pkgutil.iter_modules(templates.__path__))


def write(name: str, task: str = DEFAULT, folder: Path | None = None) -> Path:
    """The new file in ``folder``, by default the worker's. Raises ValueError with a sentence; OSError."""
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"“{name}” is no name for a recipe: small letters and digits, with - or _ between words."
        )
    if name.replace("_", "-") in recipes.catalog():
        raise ValueError(f"There is a built-in recipe {name.replace('_', '-')}. Choose another name.")
    if task not in tasks():
        raise ValueError(f"There is no template “{task}”. There are: {', '.join(tasks())}.")
    path = (folder or places().recipe) / f"{name.replace('-', '_')}.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(_text(task).replace("my_recipe", path.stem))
    except FileExistsError:
        raise ValueError(f"{path} is there already: nothing was written.") from None
    return path


def _text(task: str) -> str:
    return (Path(templates.__path__[0]) / f"{task}.py").read_text(encoding="utf-8")
