"""Files of a person's own read in child processes: what they offer, and why they offer nothing."""

import pytest

from trainer_bridge.own import reader
from trainer_bridge.own.reader import read

RECIPE = """
    from typing import Annotated
    from trainer_bridge.recipes import Help, recipe

    @recipe(arguments={"learning_rate": 0.1})
    def my_line(*, points: Annotated[int, Help("How many.", minimum=2)] = 8):
        "Fits a line."
        raise RuntimeError("this would train")
"""


@pytest.fixture
def ask(launcher):
    return lambda path: read(launcher, path.parent.name.removesuffix("s"), path)


def problem(catalogue):
    assert not catalogue.recipes
    (found,) = catalogue.problems
    return found


def test_a_recipe_is_read_without_being_built(ask, write):
    (recipe,) = ask(write("recipe/line.py", RECIPE)).recipes
    assert (recipe.name, recipe.title, recipe.description) == ("my-line", "My line", "Fits a line.")
    assert [(p.name, p.default, p.minimum) for p in recipe.parameters] == [("points", 8, 2)]
    assert recipe.arguments == {"learning_rate": 0.1}
    assert (recipe.own.kind, recipe.own.name) == ("recipe", "line.py")


def test_a_helper_beside_it_is_imported_and_other_peoples_recipes_are_not_its_own(ask, write):
    write("recipe/_helper.py", "WIDTH = 5")
    text = """
        from trainer_bridge.recipes import recipe
        from trainer_bridge.recipes.digits import digits_vit
        from _helper import WIDTH

        @recipe(name="with-helper")
        def build(*, width: int = WIDTH):
            return {}
    """
    (recipe,) = ask(write("recipe/mine.py", text)).recipes
    assert (recipe.name, recipe.parameters[0].default) == ("with-helper", 5)


def test_a_script_is_read_up_to_its_arguments(ask, example):
    (recipe,) = ask(example("fit_line.py")).recipes
    assert (recipe.name, recipe.title, recipe.without) == ("fit_line.py", "Fit line", {"trainer"})
    assert recipe.description.startswith("Fitting a line to points")
    assert {"regularizer", "points", "truth"} <= set(recipe.defaults())
    assert (recipe.objective, recipe.greater_is_better) == ("eval/loss", False)
    assert not example("fit_line.py").parent.joinpath("trainer_output").exists()


@pytest.mark.parametrize(
    ("name", "text", "sentence", "line"),
    [
        ("recipe/a.py", "x = 1\n  y = 2", "IndentationError: unexpected indent", 2),
        ("recipe/a.py", "import sys\n\nsys.exit(3)", "SystemExit: 3", 3),
        ("recipe/a.py", "def f():\n    return 1 / 0\n\nf()", "ZeroDivisionError: division by zero", 2),
        ("recipe/a.py", "import no_such_package.part", "pip install no_such_package", 1),
        ("recipe/a.py", "x = 1", "It holds no recipe", None),
        (
            "recipe/a.py",
            "from trainer_bridge.recipes import recipe\n@recipe()\ndef f(*, x: bytes = b''): pass",
            "TypeError: x: a parameter may be int",
            2,
        ),
        (
            "recipe/a.py",
            "from trainer_bridge.recipes import recipe\n@recipe(name='digits-vit')\ndef f(): pass",
            "belongs to a built-in recipe",
            None,
        ),
        (
            "recipe/a.py",
            "from trainer_bridge.recipes import recipe\n@recipe(name='../x')\ndef f(): pass",
            "“../x” is no name for a recipe",
            None,
        ),
        ("script/a.py", "print('hello')", "no HfArgumentParser parsed its arguments", None),
        (
            "script/a.py",
            "import argparse\nargparse.ArgumentParser().parse_args(['-x'])",
            "exit code 2 before",
            None,
        ),
        ("script/a.py", "import no_such_package", "pip install no_such_package", 1),
        (
            "script/a.py",
            "from transformers import Trainer\nimport torch\nTrainer(model=torch.nn.Linear(1, 1))",
            "makes a Trainer before an HfArgumentParser",
            3,
        ),
        ("script/a.py", "import os\nos._exit(5)", "ended without a result, with exit code 5", None),
    ],
)
def test_why_a_file_offers_nothing(ask, write, name, text, sentence, line):
    found = problem(ask(write(name, text)))
    assert sentence in found.sentence
    assert (found.file, found.line) == ("a.py", line)


def test_the_details_are_the_files_own_frames(ask, write):
    found = problem(ask(write("recipe/a.py", "def f():\n    return 1 / 0\n\nf()")))
    assert found.details.splitlines()[1].strip().startswith(f'File "{write("recipe/b.py", "").parent}/a.py"')


def test_what_takes_too_long_is_ended(ask, write, monkeypatch):
    monkeypatch.setattr(reader, "PATIENCE", 0.3)
    found = problem(ask(write("script/slow.py", "import time\nprint('loading', flush=True)\ntime.sleep(60)")))
    assert "It took longer than" in found.sentence
    assert "loading" in found.details


def test_nothing_outside_the_folder_is_read(ask, write, tmp_path):
    outside = tmp_path / "outside.py"
    outside.write_text("raise SystemExit('read')")
    link = write("recipe/x.py", "").with_name("link.py")
    link.symlink_to(outside)
    assert "a link that leads out of the folder" in problem(ask(link)).sentence
    assert "Its name may have letters" in problem(ask(write("recipe/ä b.py", RECIPE))).sentence


def test_a_change_within_the_same_second_is_seen(ask, write):
    ask(write("recipe/line.py", RECIPE))
    (recipe,) = ask(write("recipe/line.py", RECIPE.replace("= 8", "= 9"))).recipes
    assert recipe.parameters[0].default == 9
