"""A new recipe is written, read and trained as it is."""

import pytest

from trainer_bridge import __main__ as command
from trainer_bridge.own.new_recipe import tasks, write
from trainer_bridge.own.places import Places
from trainer_bridge.spec import build_trainer


@pytest.fixture
def here(folders, monkeypatch):
    """The folders are this process's."""
    monkeypatch.setenv("TRAINBOARD_RECIPES", str(folders.recipe))
    monkeypatch.setenv("TRAINBOARD_SCRIPTS", str(folders.script))
    return folders


@pytest.mark.training
@pytest.mark.parametrize("task", tasks())
def test_every_template_trains_as_it_is_written(here: Places, tmp_path, task, capsys):
    assert command.main(["new-recipe", "my-first", "--task", task]) == 0
    assert str(here.recipe / "my_first.py") in capsys.readouterr().out
    built = build_trainer({"recipe": "my-first", "args": {"num_train_epochs": 2}}, tmp_path / "out")
    built.trainer.train()
    metric = built.objective.replace("eval/", "eval_")
    measured = [log[metric] for log in built.trainer.state.log_history if metric in log]
    assert len(measured) == 2
    better = measured[1] > measured[0] if built.greater_is_better else measured[1] < measured[0]
    assert better, f"{built.objective} did not get better: {measured}"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["../evil"], "is no name for a recipe"),
        (["digits-vit"], "There is a built-in recipe digits-vit"),
        (["mine", "--task", "music"], "There is no template “music”"),
    ],
)
def test_what_cannot_be_written_says_why(here, capsys, arguments, sentence):
    assert command.main(["new-recipe", *arguments]) == 2
    assert sentence in capsys.readouterr().err
    assert list(here.recipe.iterdir()) == []


def test_nothing_is_overwritten(here):
    path = write("mine")
    path.write_text("changed")
    with pytest.raises(ValueError, match="is there already"):
        write("mine")
    assert path.read_text() == "changed"


def test_it_may_be_written_elsewhere(here, tmp_path):
    assert write("mine", folder=tmp_path / "new" / "folder") == tmp_path / "new" / "folder" / "mine.py"
