"""A rehearsal of somebody's own recipe or script: a few real steps of it, and its mistakes at their fields."""

import sys

import pytest

from trainer_bridge.own import script
from trainer_bridge.own.find import find
from trainer_bridge.rehearsal import rehearse
from trainer_bridge.spec import build_trainer

pytestmark = pytest.mark.training


@pytest.fixture
def here(folders, monkeypatch, tmp_path):
    """The folders are this process's; what a script changes about the process is put back."""
    monkeypatch.setenv("TRAINBOARD_RECIPES", str(folders.recipe))
    monkeypatch.setenv("TRAINBOARD_SCRIPTS", str(folders.script))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["test"])
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield folders
    script.undo()


def held(spec, tmp_path):
    return rehearse(spec, tmp_path / "rehearsal", lambda text: None)


def test_a_scripts_trainer_is_built_and_not_trained(here, example, tmp_path):
    example("fit_line.py")
    spec = {"recipe": "fit_line.py", "params": {"start": 0.5, "points": 12}, "args": {"learning_rate": 0.1}}
    built = build_trainer(spec, tmp_path / "out")
    assert built.trainer.state.global_step == 0
    assert built.trainer.model.a.item() == 0.5
    assert len(built.trainer.train_dataset) == 12
    assert built.trainer.args.output_dir == str(tmp_path / "out")
    assert (built.recipe.name, built.objective) == ("fit_line.py", "eval/loss")
    built.trainer.train()
    assert built.trainer.state.global_step > 0


def test_a_script_is_rehearsed(here, example, tmp_path):
    example("fit_line.py")
    told = held({"recipe": "fit_line.py", "args": {"eval_strategy": "epoch"}}, tmp_path)
    assert told["problems"] == []
    assert told["losses"]
    assert told["steps"] == 12


def test_the_mistakes_of_a_script_are_told(here, example, write, tmp_path):
    example("fit_line.py")
    (problem,) = held({"recipe": "fit_line.py", "params": {"truth": ["x"]}}, tmp_path)["problems"]
    assert (problem["key"], problem["sentence"]) == (
        "params.truth",
        "The script says: invalid float value: 'x'.",
    )
    parse = "from transformers import HfArgumentParser as P\nP([]).parse_args_into_dataclasses()\n"
    write("script/idle.py", parse)
    assert "idle.py ended and trained nothing" in str(held({"recipe": "idle.py"}, tmp_path)["problems"])
    write("script/gone.py", parse + "raise SystemExit(3)")
    assert "ended with exit code 3" in str(held({"recipe": "gone.py"}, tmp_path)["problems"])


def test_an_own_recipe_is_found_by_its_name_and_rehearsed(here, write, tmp_path):
    write("recipe/a_broken.py", "raise ValueError('not this one')")
    text = """
        from tests.trainer_bridge.trainings import Line, points
        from trainer_bridge.recipes import recipe

        @recipe(name="a-line")
        def build(*, count: int = 8):
            return {"model": Line(), "train_dataset": points(count), "eval_dataset": points(4)}
    """
    write("recipe/z_line.py", text)
    assert find("a-line").own.name == "z_line.py"
    assert held({"recipe": "a-line", "params": {"count": 16}}, tmp_path)["problems"] == []


def test_what_is_not_there_is_named(here):
    with pytest.raises(KeyError, match="There is no recipe 'nobody' here"):
        find("nobody")
    with pytest.raises(ValueError, match=r"There is no script nobody\.py in"):
        find("nobody.py")
    with pytest.raises(ValueError, match="There is no script"):
        find("../outside.py")


def test_the_file_that_should_have_it_says_what_is_wrong(here, write):
    write("recipe/mine.py", "# my-recipe\nraise ValueError('broken')")
    with pytest.raises(ValueError, match="broken"):
        find("my-recipe")
