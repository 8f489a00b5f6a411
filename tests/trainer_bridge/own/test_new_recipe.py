"""A new recipe is written, read and trained as it is."""

import pytest

from trainer_bridge import __main__ as command
from trainer_bridge.own.new_recipe import tasks, write
from trainer_bridge.own.places import Places
from trainer_bridge.spec import build_trainer

#: As much of a template's training as shows that it learns.
SMALL = {
    "regression": {"args": {"num_train_epochs": 2}},
    "text": {
        "args": {"num_train_epochs": 2, "logging_steps": 50},
        "data": {"max_samples": 200, "max_eval_samples": 50},
        "model": {"vocab_size": 400, "config": {"hidden_size": 16, "num_hidden_layers": 1}},
    },
}


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
    built = build_trainer({"recipe": "my-first", **SMALL[task]}, tmp_path / "out")
    built.trainer.train()
    history = built.trainer.state.log_history
    first, second = (log["eval_loss"] for log in history if "eval_loss" in log)
    assert second < first
    assert any(built.objective.replace("eval/", "eval_") in log for log in history)


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
