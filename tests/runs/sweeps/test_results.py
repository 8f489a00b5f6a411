import pytest

from runs.models import Series, Sweep
from runs.states import State
from runs.sweeps.edit import stop_sweep
from runs.sweeps.results import results, results_of
from tests.runs.checkpoints.folders import new_run

pytestmark = pytest.mark.django_db
KEY = "eval/accuracy"


def new_sweep(values, *, greater=True, state=State.FINISHED):
    """A sweep over the learning rate with a trial for each best value; None: not measured yet."""
    project = new_run().project
    sweep = Sweep.objects.create(
        project=project,
        name="lr",
        objective=KEY,
        greater_is_better=greater,
        space={"args.learning_rate": [1, 2]},
    )
    for number, value in enumerate(values):
        run = new_run(sweep=sweep, trial=number, state=state, trial_params={"args.learning_rate": number})
        if value is not None:
            Series.objects.create(run=run, key=KEY, count=2, min=value, min_step=5, max=value, max_step=9)
    return sweep


def test_trials_best_and_history():
    found = results(new_sweep([0.5, None, 0.4, 0.9, 0.9]))
    assert [trial.value for trial in found.trials] == [0.5, None, 0.4, 0.9, 0.9]
    assert found.trials[3].params == {"args.learning_rate": 3}
    assert (found.best.number, found.best.value_step) == (3, 9)
    assert found.history == [(0, 0.5), (2, 0.5), (3, 0.9), (4, 0.9)]
    assert [trial.number for trial in found.top(3)] == [3, 4, 0]
    assert found.params == ["args.learning_rate"]


def test_smaller_is_better():
    found = results(new_sweep([0.5, 0.4, 0.9], greater=False))
    assert (found.best.number, found.best.value_step) == (1, 5)
    assert found.history == [(0, 0.5), (1, 0.4), (2, 0.4)]


def test_sweep_without_a_measurement():
    found = results(new_sweep([None, None], state=State.QUEUED))
    assert (found.best, found.history, found.counts) == (None, [], {"queued": 2})
    assert (found.done, found.is_over) == (0, False)


@pytest.mark.parametrize("count", [1, 3])
def test_results_of_sweeps_take_two_queries(django_assert_num_queries, count):
    sweeps = [new_sweep([0.5, 0.6]) for _ in range(count)]
    with django_assert_num_queries(2):
        assert [found.best.number for found in results_of(sweeps)] == [1] * count


def test_stop_cancels_what_waits_and_stops_what_trains():
    sweep = new_sweep([None] * 4, state=State.QUEUED)
    running, finished, stopping, _ = sweep.runs.order_by("trial")
    for run, state in ((running, State.RUNNING), (finished, State.FINISHED), (stopping, State.STOPPING)):
        run.state = state
        run.save()
    assert stop_sweep(sweep) == 2
    states = list(sweep.runs.order_by("trial").values_list("state", flat=True))
    assert states == ["stopping", "finished", "stopping", "stopped"]
