"""What the dialog draws is what a real training then does."""

import pytest

from tests.trainer_bridge.test_steering import STEPS, answer, rates, train
from trainer_bridge.learning_rate import Schedule
from trainer_bridge.protocol import Command
from trainer_bridge.rate_plan import change_of, changed

pytestmark = pytest.mark.training

WISHES = [
    {"scale": 0.5},
    {"set": 0.03},
    {"set": 0.2, "then": "hold"},
    {"restart": 0.05, "warmup_steps": 3},
]


@pytest.mark.parametrize("wish", WISHES, ids=lambda wish: "-".join(map(str, wish)))
def test_the_drawn_rate_is_the_trained_one(tmp_path, wish):
    commands = {9: Command(1, "learning_rate", wish), 15: Command(2, "learning_rate", {"scale": 0.8})}
    events, *_ = train(tmp_path, commands, lr_scheduler_type="cosine", warmup_steps=4)
    schedule = Schedule("cosine", 0.1, 4, STEPS)
    first = change_of(wish, answer(events, 1).step, schedule.rate(answer(events, 1).step))
    second = change_of({"scale": 0.8}, answer(events, 2).step, 1.0)
    plan = changed(schedule, [first, second])
    trained = rates(events)
    assert {step: plan(step - 1) for step in trained} == pytest.approx(trained)
    recorded = changed(schedule, [answer(events, 1).result, answer(events, 2).result])
    assert {step: recorded(step - 1) for step in trained} == pytest.approx(trained)
