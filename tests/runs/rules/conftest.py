"""Runs that measure, and rules that watch them."""

import pytest

from runs.ingest import apply_batch, last_number
from runs.rules import book
from runs.rules.check import Wish
from runs.rules.edit import add_rule
from runs.states import State
from trainer_bridge.protocol import Batch, Metrics


@pytest.fixture
def run(make_run):
    return make_run(State.RUNNING, objective="eval/accuracy", step=1)


@pytest.fixture
def sender(make_sender, run):
    return make_sender(run)


@pytest.fixture
def send(sender):
    """send(event, …): the run's next batch."""

    def one(*events):
        return apply_batch(sender, Batch(last_number(sender) + 1, list(events)))

    return one


@pytest.fixture
def rule(project):
    """rule(kind, options, actions, …) → a rule of the project, in force at once."""

    def make(kind="threshold", options=None, actions=("notify",), run=None, **more):
        wish = Wish(kind=kind, options=options or {}, actions=list(actions), **more)
        made = add_rule(project, wish, run=run)
        book.forget()
        return made

    return make


def loss(step, value, key="train/loss"):
    return Metrics(step, 1000.0 + step, {key: value})
