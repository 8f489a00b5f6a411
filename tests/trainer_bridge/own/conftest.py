"""Folders with a person's own recipes and scripts, and trainings of them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from trainer_bridge.job import Job
from trainer_bridge.own.places import Places

SCRIPTS = Path(__file__).parent / "scripts"


@pytest.fixture
def folders(tmp_path: Path) -> Places:
    """Two empty folders."""
    found = Places(tmp_path / "recipes", tmp_path / "scripts")
    found.recipe.mkdir()
    found.script.mkdir()
    return found


@pytest.fixture
def write(folders: Places) -> Callable[[str, str], Path]:
    """write("recipe/mine.py", text) → the file in the folder of its kind."""

    def make(name: str, text: str) -> Path:
        kind, _, rest = name.partition("/")
        path = getattr(folders, kind) / rest
        path.parent.mkdir(exist_ok=True)
        path.write_text(dedent(text))
        return path

    return make


@pytest.fixture
def example(folders: Places) -> Callable[[str], Path]:
    """example("fit_line.py") → one of the scripts of these tests, in the folder of scripts."""

    def put(name: str) -> Path:
        path = folders.script / name
        path.write_text((SCRIPTS / name).read_text())
        return path

    return put


@pytest.fixture
def own_job(job_for: Callable[..., Job], folders: Places) -> Callable[..., Job]:
    """own_job(recipe, params, args, …) → a job of somebody's own recipe or script."""

    def make(
        recipe: str, params: dict[str, Any] | None = None, args: dict[str, Any] | None = None, **job: Any
    ) -> Job:
        spec = {"recipe": recipe, "params": params or {}, "args": args or {}}
        places = {"recipes_dir": str(folders.recipe), "scripts_dir": str(folders.script)}
        own = {name: job.pop(name) for name in ("forked", "changes") if name in job}
        return replace(job_for(**job), spec=spec, **places, **own)

    return make
