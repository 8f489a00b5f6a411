"""A spec as a script of its own: it needs nothing of Trainboard, and trains to the same losses."""

import builtins
import importlib
import inspect
import json
import os
import re
import runpy
import subprocess
import symtable
import sys
from pathlib import Path

import pytest

from trainer_bridge import recipes, spec_fields
from trainer_bridge.own.files import OwnFile
from trainer_bridge.recipes import Recipe, TrainerParts
from trainer_bridge.spec import build_trainer
from trainer_bridge.standalone import NotStandalone, script
from trainer_bridge.standalone.edit import edited
from trainer_bridge.standalone.library import Library
from trainer_bridge.standalone.reach import final_names, needed
from trainer_bridge.standalone.shorter import SHORT

SPEC = {
    "recipe": "digits-vit",
    "params": {"hidden_size": 8, "num_hidden_layers": 1},
    "args": {
        "max_steps": 4,
        "logging_steps": 1,
        "seed": 3,
        "eval_strategy": "steps",
        "eval_steps": 2,
        "save_strategy": "steps",
        "save_steps": 2,
    },
}
TASK = {
    "recipe": "text-classification",
    "model": {"config": {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1}},
    "data": {"max_samples": 64},
    "trainer": {"loss": "focal", "metrics": "single_label"},
    "args": {
        "max_steps": 2,
        "logging_steps": 1,
        "eval_strategy": "no",
        "save_strategy": "no",
        "load_best_model_at_end": False,
    },
}
#: Runs a script where Trainboard's packages cannot be imported.
ALONE = """
import runpy, sys
sys.modules |= dict.fromkeys(("trainer_bridge", "runs", "dashboard", "django"))
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def undefined(text: str) -> set[str]:
    """The names that a module's code uses and nothing in it defines."""
    top = symtable.symtable(text, "script", "exec")
    known = {s.get_name() for s in top.get_symbols() if s.is_assigned() or s.is_imported()} | set(
        dir(builtins)
    )
    tables, found = [top], set()
    while tables:
        table = tables.pop()
        tables += table.get_children()
        found |= {s.get_name() for s in table.get_symbols() if s.is_global() and s.is_referenced()} - known
    return found - {"__name__"}


@pytest.mark.parametrize("name", list(recipes.catalog()))
def test_every_recipe_stands_alone(name: str) -> None:
    text = script(recipes.get(name), {"recipe": name})
    compile(text, name, "exec")
    assert undefined(text) == set()
    assert "trainer_bridge" not in text
    assert "Help(" not in text


def test_what_is_set_stands_in_the_script() -> None:
    text = script(recipes.get("digits-vit"), SPEC, title='a """ title\n', file="mine.py")
    found: dict = {}
    exec(text.partition("\n\n# Training arguments")[0], found)
    assert found["VALUES"]["params"] == {"hidden_size": 8, "num_hidden_layers": 1, "dropout": 0.0}
    assert "a ' title, as Trainboard runs it" in text
    assert "python mine.py [folder]" in text


@pytest.mark.slow
@pytest.mark.training
def test_the_script_trains_to_the_losses_of_the_run(tmp_path: Path) -> None:
    file = tmp_path / "train.py"
    file.write_text(script(recipes.get("digits-vit"), SPEC))
    done = subprocess.run(
        [sys.executable, "-c", ALONE, str(file), "out"],
        cwd=tmp_path,
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    told = history(tmp_path / "out")
    assert losses(told) == run_of_trainboard(SPEC, tmp_path / "run")
    assert len(losses(told)) == 7  # four steps, two evaluations, the test
    assert f"step 4/4  loss {losses(told)[4][2]:.4g}" in done.stdout
    assert (tmp_path / "out" / "model.safetensors").is_file()


@pytest.mark.slow
@pytest.mark.training
def test_a_task_with_settings_of_its_own_trains_to_the_losses_of_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In this process: what a script needs is looked at by the test of every recipe."""
    file = tmp_path / "train.py"
    file.write_text(script(recipes.get("text-classification"), TASK))
    monkeypatch.setattr(sys, "argv", [str(file), str(tmp_path / "out")])
    runpy.run_path(str(file), run_name="__main__")
    told = losses(history(tmp_path / "out"))
    assert told == run_of_trainboard(TASK, tmp_path / "run")
    assert len(told) == 3  # two steps, and the test that stands for an evaluation


def run_of_trainboard(spec: dict, folder: Path) -> list[tuple[int, str, float]]:
    built = build_trainer(spec, folder)
    built.trainer.train()
    built.trainer.evaluate(built.test_dataset, metric_key_prefix="test")
    return losses(built.trainer.state.log_history)


def history(folder: Path) -> list[dict]:
    return json.loads((folder / "trainer_state.json").read_text())["log_history"]


def losses(history: list[dict]) -> list[tuple[int, str, float]]:
    keys = ("loss", "eval_loss", "test_loss")
    return [(log["step"], key, log[key]) for log in history for key in keys if key in log]


def test_a_run_of_several_processes_is_started_by_torchrun() -> None:
    spec = {"recipe": "digits-vit", "launch": {"processes": 2, "labels": "a100"}}
    text = script(recipes.get("digits-vit"), spec)
    assert "torchrun --nproc-per-node 2 train.py [folder]" in text
    assert "a100" not in text
    assert "    python train.py [folder]" in script(recipes.get("digits-vit"), {"recipe": "digits-vit"})


def test_an_own_file_is_the_script_already() -> None:
    own = Recipe(**{**vars(recipes.get("digits-vit")), "own": OwnFile("recipe", "mine.py", "0")})
    with pytest.raises(NotStandalone, match=r"mine\.py is your own file"):
        script(own, SPEC)


def test_what_is_said_in_short_comes_to_the_same() -> None:
    recipe = recipes.get("digits-vit")
    values = spec_fields.resolve(recipe, {})["trainer"]
    parts = TrainerParts(
        model=object(), compute_metrics=len, preprocess_logits_for_metrics=max, data_collator=list
    )
    asked = {
        "choice": values["metrics"],
        "values": values,
        "parts": parts,
        "label_smoothing": 0,
        "learning_rate": 1,
    }
    trainer = [short for short in SHORT if short.group == "trainer"]
    assert len(trainer) == 5
    for short in trainer:
        module = importlib.import_module(f"trainer_bridge.{short.module}")
        said = dict(vars(module))
        exec(short.text, said)
        name = re.match(r"def (\w+)", short.text)[1]  # type: ignore[index]
        given = [asked[parameter] for parameter in inspect.signature(getattr(module, name)).parameters]
        assert short.when(values | {"label_smoothing_factor": 0})
        assert said[name](*given) == getattr(module, name)(*given), name


FILES = {
    "__init__.py": "",
    "main.py": '''
from typing import Annotated

import math as m
from apart import tools
from apart.tools import scale as scaled
from apart.words import recipe, WORDS, Help

# Said of limit.
LIMIT = 3  # here too
UNUSED = tools.unused()


@recipe(
    name="x",
)
def start(n: Annotated[int, Help("how many")] = LIMIT, *, parse: float = m.pi) -> "Gone":
    """The docstring stays."""
    from apart.lazy import late

    import json

    double = tools.double(n)  # and so does a comment
    return json.dumps([double, scaled(n), tools.parse("a"), late(), f"{_own(n)} {tools.double(1)}", WORDS])


def _own(n):
    return "main" * n
''',
    "tools.py": """
import math


def unused():
    raise RuntimeError("a definition that nobody needs was run")


def double(n):
    return _own(n)


def _own(n):
    return n * 2


def scale(n):
    return math.floor(n * 1.5)


def parse(text):
    return f"<{text}>"
""",
    "words.py": """
WORDS = {}
WORDS["b"] = "c"


def recipe(**words):
    raise RuntimeError("the decorator of recipes was run")


class Help:
    pass
""",
    "lazy.py": """
def late():
    from apart.main import LIMIT
    return -LIMIT
""",
}


def test_code_of_several_modules_becomes_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "apart").mkdir()
    for name, text in FILES.items():
        (tmp_path / "apart" / name).write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setitem(sys.modules, "apart", None)  # so that it is gone afterwards
    del sys.modules["apart"]
    library = Library("apart")
    found = needed(library, [("apart.main", "start")])
    names = final_names(library, found)
    parts = [edited(library, one, names) for one in found.definitions]
    text = "from __future__ import annotations\n" + "\n\n".join(
        [*(outside.statement for outside in found.outside), *parts]
    )
    assert undefined(text) == set()
    code: dict = {}
    exec(text, code)
    assert json.loads(code["start"](2)) == [4, 3, "<a>", -3, "mainmain 2", {"b": "c"}]
    assert "# Said of limit.\nLIMIT = 3  # here too" in text
    assert "def start(n: int = LIMIT" in text
    assert "double(n)  # and so does a comment" in text
    assert "unused" not in text
