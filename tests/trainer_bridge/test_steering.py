"""A person's hands on a real training: the learning rate, its end, its log, a pause."""

import threading

import pytest

from tests.live import wait_for
from tests.trainer_bridge.trainings import Events, line_trainer
from trainer_bridge.checkpoint_weights import CheckpointTrainer
from trainer_bridge.protocol import PAUSED, PROLONGED, Checkpoint, Command, CommandAck, Metrics
from trainer_bridge.schedule import wish_problem

pytestmark = pytest.mark.training

STEPS = 24


def train(folder, commands=(), *, resume=None, changes=(), forked=False, **arguments):
    """(events, Trainer, Control): a training of 24 steps that logs each; ``commands`` {after step: Command}."""
    events, commands = Events(), dict(commands)
    arguments = {"logging_steps": 1, "trainer_class": CheckpointTrainer, **arguments}
    trainer, control = line_trainer(folder, events, num_train_epochs=6, **arguments)
    trainer.trainboard.changes, trainer.forked = list(changes), forked

    def on_event(event):
        if isinstance(event, Metrics) and event.step in commands and "train/loss" in event.values:
            # The step is logged before the next begins; the command is done at the end of that one.
            control.receive(commands.pop(event.step))

    events.on_event = on_event
    trainer.train(resume_from_checkpoint=resume)
    return events, trainer, control


def rates(events):
    """Step → the learning rate it was trained with."""
    logged = [e for e in events.of(Metrics) if "train/learning_rate" in e.values]
    return {e.step: e.values["train/learning_rate"] for e in logged}


def answer(events, number=1):
    return [ack for ack in events.of(CommandAck) if ack.id == number][-1]


@pytest.mark.parametrize(
    "arguments",
    [
        {"lr_scheduler_type": "linear"},
        {"lr_scheduler_type": "cosine", "warmup_steps": 4},
        {"lr_scheduler_type": "constant"},
        {"lr_scheduler_type": "inverse_sqrt", "warmup_steps": 2},
        {"lr_scheduler_type": "cosine_with_min_lr", "lr_scheduler_kwargs": {"min_lr": 0.01}},
    ],
    ids=lambda arguments: arguments["lr_scheduler_type"],
)
def test_a_scaled_schedule_keeps_its_shape(tmp_path, arguments):
    plain = rates(train(tmp_path / "a", **arguments)[0])
    events, *_ = train(tmp_path / "b", {9: Command(1, "learning_rate", {"scale": 0.5})}, **arguments)
    changed = rates(events)
    assert answer(events).step == 10
    for step, rate in plain.items():
        assert changed[step] == pytest.approx(rate if step <= 10 else rate / 2), step
    result = answer(events).result
    assert (result["before"], result["after"]) == pytest.approx((plain[11], plain[11] / 2))


def test_a_rate_that_is_set_is_held_when_asked(tmp_path):
    events, *_ = train(tmp_path, {9: Command(1, "learning_rate", {"set": 0.03, "then": "hold"})})
    assert [rate for step, rate in rates(events).items() if step > 10] == pytest.approx([0.03] * 14)


def test_a_schedule_starts_again_over_the_steps_that_are_left(tmp_path):
    wish = {"restart": 0.2, "warmup_steps": 2}
    events, *_ = train(tmp_path, {9: Command(1, "learning_rate", wish)})
    after = [rate for step, rate in sorted(rates(events).items()) if step > 10]
    assert after[:3] == pytest.approx([0.0, 0.1, 0.2])
    assert after[-1] == pytest.approx(0.2 / 12)


def test_a_second_change_comes_upon_the_first(tmp_path):
    events, *_ = train(
        tmp_path,
        {
            5: Command(1, "learning_rate", {"scale": 2}),
            9: Command(2, "learning_rate", {"scale": 0.25}),
        },
        lr_scheduler_type="constant",
    )
    found = rates(events)
    assert (found[6], found[8], found[11]) == pytest.approx((0.1, 0.2, 0.05))


@pytest.mark.parametrize(
    "wish", [{"scale": 0.5}, {"set": 0.03, "then": "hold"}, {"restart": 0.2, "warmup_steps": 2}]
)
def test_a_resumed_run_goes_on_with_the_changed_rate(tmp_path, wish):
    command = {9: Command(1, "learning_rate", wish)}
    whole, *_ = train(tmp_path, command, save_strategy="steps", save_steps=14)
    change = answer(whole).result
    again, *_ = train(tmp_path, resume=str(tmp_path / "checkpoints" / "checkpoint-14"), changes=[change])
    assert rates(again) == pytest.approx({step: rate for step, rate in rates(whole).items() if step > 14})


def test_a_schedule_that_follows_metrics_can_be_scaled_but_not_held(tmp_path):
    arguments = {
        "lr_scheduler_type": "reduce_lr_on_plateau",
        "eval_strategy": "epoch",
        "metric_for_best_model": "loss",
    }
    events, *_ = train(
        tmp_path,
        {
            5: Command(1, "learning_rate", {"scale": 0.5}),
            9: Command(2, "learning_rate", {"set": 0.1, "then": "hold"}),
        },
        **arguments,
    )
    assert rates(events)[7] == pytest.approx(0.05)
    assert answer(events, 2).status == "refused"
    assert "follows the metrics" in answer(events, 2).reason


def test_the_log_becomes_rarer(tmp_path):
    events, *_ = train(tmp_path, {9: Command(1, "log_every", {"steps": 5})})
    assert [step for step in rates(events) if step > 10] == [15, 20]
    assert answer(events).result == {"before": 1, "after": 5}


@pytest.mark.parametrize("args", [{"max_steps": 12}, {"num_train_epochs": 3}])
def test_a_nearer_end(tmp_path, args):
    events, trainer, control = train(tmp_path, {9: Command(1, "end", args)})
    assert trainer.state.global_step == 12
    assert control.stop_reason == ""
    assert answer(events).result == {"before": STEPS, "after": 12}


def test_an_end_that_is_past_is_refused(tmp_path):
    events, trainer, _ = train(tmp_path, {9: Command(1, "end", {"max_steps": 5})})
    assert trainer.state.global_step == STEPS
    assert answer(events).reason == "step 10 is past step 5 already; stop the run instead"


def test_a_later_end_saves_and_stops_so_that_another_attempt_goes_on(tmp_path):
    events, trainer, control = train(tmp_path, {9: Command(1, "end", {"max_steps": 40})})
    assert (trainer.state.global_step, control.stop_reason) == (10, PROLONGED)
    assert answer(events).result == {"before": STEPS, "after": 40, "restarts": True}
    assert events.of(Checkpoint)[-1].step == 10


def test_a_pause_saves_and_frees_the_slot(tmp_path):
    events, trainer, control = train(tmp_path, {9: Command(1, "pause")})
    assert (trainer.state.global_step, control.stop_reason) == (10, PAUSED)
    assert events.of(Checkpoint)[-1].step == 10


def held(folder):
    """A training in a thread that is held after step 10: (thread, events, control, Trainer)."""
    events = Events()
    trainer, control = line_trainer(folder, events, num_train_epochs=6, logging_steps=1)
    pause = Command(1, "pause", {"hold": True})
    events.on_event = lambda e: control.receive(pause) if isinstance(e, Metrics) and e.step == 9 else None
    thread = threading.Thread(target=trainer.train)
    thread.start()
    wait_for(
        lambda: [ack for ack in events.of(CommandAck) if ack.status == "applied"], "the training to be held"
    )
    return thread, events, control, trainer


def test_a_held_training_stands_until_it_may_go_on(tmp_path):
    thread, events, control, trainer = held(tmp_path)
    assert answer(events).step == trainer.state.global_step == 10
    assert events.of(Checkpoint)[-1].step == 10
    control.receive(Command(2, "learning_rate", {"scale": 0.5}))  # is done when it goes on
    thread.join(0.3)
    assert thread.is_alive()
    assert trainer.state.global_step == 10
    control.receive(Command(3, "go_on"))
    thread.join(20)
    assert trainer.state.global_step == STEPS
    assert (answer(events, 3).status, answer(events, 3).step) == ("applied", 10)
    assert (answer(events, 2).status, answer(events, 2).step) == ("applied", 11)


def test_a_held_training_can_be_stopped_and_shut_down(tmp_path):
    for number, end in enumerate(
        [
            lambda control: control.receive(Command(9, "stop")),
            lambda control: control.request_stop("shut down"),
        ]
    ):
        thread, _, control, trainer = held(tmp_path / str(number))
        end(control)
        thread.join(20)
        assert trainer.state.global_step == 11
        assert control.stop_reason


def test_a_training_that_is_not_held_has_nothing_to_go_on_with(tmp_path):
    events, *_ = train(tmp_path, {9: Command(1, "go_on")})
    assert (answer(events).status, answer(events).reason) == ("refused", "the training is not held")


@pytest.mark.parametrize(
    ("wish", "problem"),
    [
        ({"set": 1e-3}, ""),
        ({"scale": 2, "then": "hold"}, ""),
        ({"restart": 1e-3, "warmup_steps": 10}, ""),
        ({}, "Needs one of"),
        ({"set": 1e-3, "scale": 2}, "Needs one of"),
        ({"set": 0}, "above 0"),
        ({"set": float("nan")}, "above 0"),
        ({"set": True}, "above 0"),
        ({"scale": "2"}, "above 0"),
        ({"scale": 2, "then": "later"}, "then is schedule"),
        ({"scale": 2, "warmup_steps": 3}, "goes with then"),
        ({"restart": 1e-3, "warmup_steps": -1}, "from 0 on"),
    ],
)
def test_wishes_that_are_none(wish, problem):
    assert problem in wish_problem(wish)
    assert bool(problem) == bool(wish_problem(wish))


def test_a_fork_goes_on_with_its_own_learning_rate_and_weight_decay(tmp_path):
    first = rates(train(tmp_path, save_strategy="steps", save_steps=14)[0])
    checkpoint = str(tmp_path / "checkpoints" / "checkpoint-14")
    arguments = {"learning_rate": 0.3, "weight_decay": 0.25}  # the first had 0.1 and 0
    plain = rates(train(tmp_path, resume=checkpoint, **arguments)[0])
    assert plain == pytest.approx(
        {step: rate for step, rate in first.items() if step > 14}
    )  # what the Trainer does
    events, trainer, _ = train(tmp_path, resume=checkpoint, forked=True, **arguments)
    assert rates(events) == pytest.approx({step: 3 * rate for step, rate in first.items() if step > 14})
    assert [group["weight_decay"] for group in trainer.optimizer.param_groups] == [0.25, 0.0]
