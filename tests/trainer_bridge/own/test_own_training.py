"""Own recipes and unmodified scripts, trained for real in warm children and supervised as in a worker."""

import json

import pytest

from tests.trainer_bridge.supervised import wait_for_steps
from trainer_bridge.protocol import Checkpoint, Command, Console, Environment, Exit, Metrics, Warning

pytestmark = [pytest.mark.training, pytest.mark.slow]

LINE = """
    from typing import Annotated, Any
    from _model import Line
    from trainer_bridge.recipes import Help, recipe

    @recipe(arguments={"num_train_epochs": 2, "logging_steps": 1, "learning_rate": 0.1})
    def my_line(*, slope: Annotated[float, Help("Of the truth.")] = 2.0) -> dict[str, Any]:
        "Fits a line."
        points = [{"x": i / 8, "labels": slope * i / 8 + 1} for i in range(8)]
        return {"model": Line(), "train_dataset": points, "eval_dataset": points}
"""
MODEL = """
    import torch

    class Line(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.a = torch.nn.Parameter(torch.zeros(()))

        def forward(self, x, labels=None):
            logits = self.a * x
            return {"loss": ((logits - labels) ** 2).mean(), "logits": logits}
"""
STEPS = {"logging_steps": 1, "learning_rate": 0.1, "max_steps": 3}


def facts(server):
    return {name: value for event in server.of(Environment) for name, value in event.values.items()}


def console(server):
    return "\n".join(line.text for event in server.of(Console) for line in event.lines)


def test_an_own_recipe_is_trained_and_its_source_kept(server, train, own_job, write):
    write("recipe/_model.py", MODEL)
    path = write("recipe/line.py", LINE)
    assert train(own_job("my-line", {"slope": 3.0}, {"max_steps": 3})).end()
    (exit,) = server.of(Exit)
    assert (exit.outcome, exit.step) == ("finished", 3)
    assert [event.step for event in server.of(Metrics) if "train/loss" in event.values] == [1, 2, 3]
    source = facts(server)["source"]
    assert (source["file"], source["text"]) == ("line.py", path.read_text())
    assert list(source["helpers"]) == ["_model.py"]


def test_a_recipe_that_is_gone_fails_with_its_name(server, train, own_job):
    train(own_job("my-line")).end()
    (exit,) = server.of(Exit)
    assert exit.outcome == "failed"
    assert "There is no recipe 'my-line' here" in exit.error


def test_a_script_is_run_as_it_is_and_reported_like_any_run(server, train, own_job, example):
    path = example("fit_line.py")
    params = {
        "points": 16,
        "truth": [3.0, -1.0],
        "notes": {"by": "me"},
        "regularizer": "l2",
        "shape": "parabola",
    }
    args = {**STEPS, "eval_strategy": "steps", "eval_steps": 1, "save_steps": 2}
    job = own_job("fit_line.py", params, args)
    assert train(job).end()
    (exit,) = server.of(Exit)
    assert (exit.outcome, exit.step) == ("finished", 3)
    steps = {key: event.step for event in server.of(Metrics) for key in event.values}
    assert (steps["train/loss"], steps["train/learning_rate"], steps["eval/loss"]) == (3, 3, 3)
    checkpoints = server.of(Checkpoint)
    assert [event.path for event in checkpoints] == ["checkpoints/checkpoint-2", "checkpoints/checkpoint-3"]
    assert (job.paths.checkpoints / "checkpoint-3" / "model.safetensors").is_file()
    told = facts(server)
    assert told["source"]["text"] == path.read_text()
    assert told["command"].startswith("python fit_line.py --do_train=true --points=16 --truth 3.0 -1.0")
    assert told["arguments"]["learning_rate"] == 0.1
    assert told["objective"] == {"key": "eval/loss", "greater_is_better": False}
    assert "shape parabola, truth [3.0, -1.0], notes {'by': 'me'}" in console(server)
    assert sorted(entry.name for entry in path.parent.iterdir()) == ["fit_line.py"]


def test_a_script_stops_on_command_and_goes_on_from_its_checkpoint(server, train, own_job, example):
    example("fit_line.py")
    job = own_job("fit_line.py", {}, {**STEPS, "max_steps": 100_000, "save_strategy": "no"})
    running = train(job)
    wait_for_steps(server)
    key = (job.run, job.attempt, "trainer")
    server.command(key, Command(1, "save", {}))
    server.wait_for(lambda: server.of(Checkpoint), 30)
    server.command(key, Command(2, "stop", {}))
    running.end()
    (exit,) = server.of(Exit)
    assert exit.outcome == "stopped"
    saved = server.of(Checkpoint)[0]
    again = own_job(
        "fit_line.py", {}, {**STEPS, "max_steps": saved.step + 2}, attempt=2, resume_from=saved.path
    )
    train(again).end()
    ends = server.of(Exit)
    assert (ends[-1].outcome, ends[-1].step) == ("finished", saved.step + 2)
    history = json.loads(
        (job.paths.checkpoints / f"checkpoint-{saved.step + 2}" / "trainer_state.json").read_text()
    )
    assert [log["step"] for log in history["log_history"]][:3] == [1, 2, 3]


@pytest.mark.parametrize(
    ("ending", "error"),
    [
        ("raise ValueError('no such data')", "ValueError: no such data"),
        ("import sys; sys.exit(4)", "The script ended with exit code 4."),
        ("import sys; sys.exit('no data')", "no data"),
    ],
)
def test_a_script_that_fails_says_how(server, train, own_job, write, ending, error):
    text = f"""
        from transformers import HfArgumentParser, TrainingArguments
        HfArgumentParser(TrainingArguments).parse_args_into_dataclasses()
        {ending}
    """
    write("script/fails.py", text)
    train(own_job("fails.py")).end()
    (exit,) = server.of(Exit)
    assert exit.outcome == "failed"
    assert exit.error.endswith(error)
    assert exit.traceback


def test_a_script_that_trains_nothing_is_finished_with_a_warning(server, train, own_job, write):
    text = """
        from dataclasses import dataclass
        from transformers import HfArgumentParser

        @dataclass
        class Mine:
            word: str = "x"

        print(HfArgumentParser(Mine).parse_args_into_dataclasses()[0].word)
    """
    write("script/prints.py", text)
    train(own_job("prints.py", {"word": "two words"})).end()
    assert server.of(Exit)[0].outcome == "finished"
    assert "two words" in console(server)
    assert "made no Trainer" in server.of(Warning)[0].text


def test_a_value_that_the_script_does_not_take_is_refused_by_name(server, train, own_job, example):
    example("fit_line.py")
    train(own_job("fit_line.py", {"regularizer": "l3", "point": 1})).end()
    error = server.of(Exit)[0].error
    assert "params.regularizer: “l3” is not one of none, l1, l2." in error
    assert "params.point: The recipe fit_line.py has no parameter point. Did you mean points?" in error


def test_a_fork_of_a_script_goes_on_with_its_own_learning_rate(server, train, own_job, example):
    example("fit_line.py")
    args = {**STEPS, "lr_scheduler_type": "constant", "save_steps": 3}
    assert train(own_job("fit_line.py", {}, args)).end()
    forked = {**args, "learning_rate": 0.02, "max_steps": 5}
    job = own_job("fit_line.py", {}, forked, attempt=2, resume_from="checkpoints/checkpoint-3", forked=True)
    assert train(job).end()
    rates = {
        event.step: event.values["train/learning_rate"]
        for event in server.of(Metrics)
        if "train/learning_rate" in event.values
    }
    assert rates == {1: 0.1, 2: 0.1, 3: 0.1, 4: 0.02, 5: 0.02}
    assert facts(server)["arguments"]["learning_rate"] == 0.02


def test_a_trainer_of_the_scripts_own_class_is_reported_and_a_second_one_apart(server, train, own_job, write):
    text = """
        from transformers import HfArgumentParser, Trainer, TrainingArguments
        from tests.trainer_bridge.trainings import Line, points

        class Doubled(Trainer):
            def compute_loss(self, *args, **kwargs):
                return 2 * super().compute_loss(*args, **kwargs)

        args, = HfArgumentParser(TrainingArguments).parse_args_into_dataclasses()
        for cls in (Doubled, Trainer):
            cls(model=Line(), args=args, train_dataset=points(8)).train()
    """
    write("script/twice.py", text)
    assert train(own_job("twice.py", {}, {"max_steps": 2, "logging_steps": 1, "save_steps": 1})).end()
    first = {
        key: value for event in server.of(Metrics) if event.step == 1 for key, value in event.values.items()
    }
    assert first["train/loss"] == pytest.approx(2 * first["trainer2/train/loss"], abs=1e-4)
    assert server.of(Exit)[0].outcome == "finished"
    assert [event.step for event in server.of(Checkpoint)] == [1, 2]
