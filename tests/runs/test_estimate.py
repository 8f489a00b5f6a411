"""How long a run may take, from runs that were really similar."""

from datetime import timedelta

import pytest
from django.utils import timezone

from runs.estimate import Estimate, estimate
from runs.models import Attempt, Run
from runs.states import State

pytestmark = pytest.mark.django_db
DIGITS = {"recipe": "digits-vit"}


@pytest.fixture
def ran(project):
    """ran(seconds, state, **groups): a run of digits that took so long."""

    def make(seconds, state=State.FINISHED, attempts=1, **groups):
        start = timezone.now() - timedelta(days=1)
        run = Run.objects.create(
            project=project,
            state=state,
            spec={**DIGITS, **groups},
            started_at=start,
            ended_at=start + timedelta(seconds=seconds),
        )
        for number in range(1, attempts + 1):
            Attempt.objects.create(run=run, number=number, token_hash=f"{run.pk}-{number}")
        return run

    return make


def test_nothing_is_guessed_without_similar_runs(ran):
    assert estimate(DIGITS) is None
    ran(60, State.STOPPED)
    ran(60, params={"hidden_size": 128})
    ran(60, args={"per_device_train_batch_size": 8})
    ran(60, attempts=2)  # it waited between its attempts
    assert estimate(DIGITS) is None


def test_similar_runs_are_scaled_to_the_length(ran):
    ran(60)
    ran(50, args={"learning_rate": 0.1, "seed": 7})
    ran(20, args={"num_train_epochs": 5})
    assert estimate(DIGITS) == Estimate(low=50, high=80, runs=3)
    assert estimate({**DIGITS, "args": {"num_train_epochs": 2}}) == Estimate(low=5, high=8, runs=3)


def test_steps_and_epochs_are_not_compared(ran):
    ran(60)
    assert estimate({**DIGITS, "args": {"max_steps": 100}}) is None
    ran(30, args={"max_steps": 50})
    assert estimate({**DIGITS, "args": {"max_steps": 100}}) == Estimate(60, 60, 1)


def test_a_value_that_is_the_default_anyway_makes_no_difference(ran):
    ran(60, params={"hidden_size": 64})
    assert estimate(DIGITS) == Estimate(60, 60, 1)


@pytest.mark.parametrize(
    ("swept", "known"),
    [(["args.learning_rate"], True), (["params.hidden_size"], False), (["args.num_train_epochs"], False)],
)
def test_a_sweep_over_what_takes_time_has_no_estimate(ran, swept, known):
    ran(60)
    assert (estimate(DIGITS, swept) is not None) == known


@pytest.mark.parametrize("count", [1, 3])
def test_it_costs_one_query(ran, count, django_assert_num_queries):
    for _ in range(count):
        ran(60)
    with django_assert_num_queries(1):
        assert estimate(DIGITS).runs == count
