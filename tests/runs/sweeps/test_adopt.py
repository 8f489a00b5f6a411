"""Runs that exist already as trials of a sweep."""

import pytest

from runs.errors import RunError
from runs.models import Run
from runs.states import State
from runs.sweeps.adopt import add_runs
from runs.sweeps.requests import study_request
from runs.sweeps.results import results
from tests.runs.sweeps.studies import fresh, measure, new_sweep

pytestmark = pytest.mark.django_db


@pytest.fixture
def sweep(project):
    return new_sweep(project, "tpe", trials=4)


@pytest.fixture
def make(project):
    def one(rate=0.01, decay=0.5, state=State.FINISHED, **fields):
        spec = {"recipe": "digits-vit", "args": {"learning_rate": rate, "weight_decay": decay}}
        run = Run.objects.create(project=project, spec=spec, state=state, **{"name": f"r{rate}"} | fields)
        if state == State.FINISHED:
            measure(run, 0.5, 0.8, state=state)
        return run

    return one


def test_it_takes_the_next_number_and_counts_for_sampler_and_best(sweep, make, project, user):
    run = make()
    assert add_runs(project, [run.pk], sweep.pk, user).count == 1
    sweep = fresh(sweep)
    assert (sweep.next_trial, sweep.trials_wanted) == (1, 5)
    best = results(sweep).best
    assert (best.run.pk, best.number, best.value) == (run.pk, 0, 0.8)
    assert best.params == {"args.learning_rate": 0.01, "args.weight_decay": 0.5}
    (trial,) = study_request(sweep, every_report=True)["trials"]
    assert (trial["state"], trial["values"], trial["reports"]) == ("complete", [0.8], [(1, 0.5), (2, 0.8)])
    assert [(event.kind, event.created_by) for event in sweep.events.all()] == [("add", "ada")]


def test_what_does_not_fit_stays_as_it_is_and_says_why(sweep, make, project):
    other = new_sweep(project, "random")
    runs = [
        make(rate=5.0, name="far"),
        make(state=State.RUNNING, name="busy"),
        make(sweep=other, name="theirs"),
        Run.objects.create(project=project, spec={"recipe": "x"}, state=State.FINISHED, name="foreign"),
    ]
    done = add_runs(project, [run.pk for run in runs], sweep.pk)
    assert done.count == 0
    assert sorted(done.refused) == [
        "busy is running. Wait until it has ended.",
        "far has args.learning_rate 5.0, outside of what is searched.",
        "foreign trained another recipe.",
        "theirs belongs to another sweep.",
    ]
    assert fresh(sweep).next_trial == 0


def test_a_sweep_that_is_not_there(make, project):
    with pytest.raises(RunError, match="not there"):
        add_runs(project, [make().pk], "none")


def test_the_footer_of_the_runs_table_offers_it(sweep, make, project, client, owner):
    client.force_login(owner)
    run = make()
    assert f'<option value="{sweep.pk}">' in client.get(f"/p/{project.slug}/runs").content.decode()
    answer = client.post(
        f"/p/{project.slug}/runs/do/sweep",
        {"runs": run.pk, "sweep": sweep.pk},
        headers={"X-Requested-With": "fetch"},
    )
    assert (answer.status_code, answer.json()["text"]) == (200, "1 run added to the sweep.")
