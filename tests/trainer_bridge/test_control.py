"""Commands that cannot be obeyed are answered, and none is obeyed twice."""

from types import SimpleNamespace

from trainer_bridge.control import Control
from trainer_bridge.protocol import Command
from trainer_bridge.steering import Wheel


def flags() -> SimpleNamespace:
    return SimpleNamespace(should_training_stop=False, should_save=False, should_evaluate=False)


def answers(seen) -> list:
    return [(ack.id, ack.status, ack.reason) for ack in seen]


def test_a_command_that_comes_twice_counts_once():
    seen: list = []
    control = Control(seen.append)
    control.receive(Command(1, "save"))
    control.receive(Command(1, "save"))
    control.apply(Wheel(flags(), 3))
    control.receive(Command(1, "save"))
    assert answers(seen) == [(1, "received", ""), (1, "applied", "")]


def test_after_the_end_commands_are_refused_with_the_reason():
    seen: list = []
    control = Control(seen.append)
    control.receive(Command(1, "save"))
    control.end("the training has ended")
    control.receive(Command(2, "stop"))
    assert answers(seen) == [
        (1, "received", ""),
        (1, "refused", "the training has ended"),
        (2, "refused", "the training has ended"),
    ]


def test_an_evaluation_without_data_is_refused_because_it_would_end_the_training():
    seen: list = []
    control = Control(seen.append)
    control.can_evaluate = False
    control.receive(Command(1, "evaluate"))
    assert answers(seen) == [(1, "refused", "the run has no evaluation data")]


def test_kill_is_not_the_trainings_to_answer():
    seen: list = []
    Control(seen.append).receive(Command(1, "kill"))
    assert seen == []


def test_a_requested_stop_saves_and_stops():
    control, trainer = Control(lambda event: None), flags()
    control.apply(Wheel(trainer, 1))
    assert not trainer.should_training_stop
    control.request_stop("the worker was shut down")
    control.apply(Wheel(trainer, 2))
    assert trainer.should_training_stop
    assert trainer.should_save
    assert control.stop_reason == "the worker was shut down"
