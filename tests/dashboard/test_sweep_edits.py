"""What is done to a sweep from its page: verbs, the form of “Extend…”, and the events that tell of it."""

import re

import pytest

from runs.models import Run, Sweep
from tests.runs.sweeps.test_trial_rows import add, new_sweep

pytestmark = pytest.mark.django_db
SPACE = {
    "args.learning_rate": {"low": 1e-4, "high": 1e-2, "scale": "log"},
    "args.per_device_train_batch_size": [16, 32, 64],
}
SCRIPT = {"x-requested-with": "fetch"}


@pytest.fixture
def sweep() -> Sweep:
    """A random sweep over a range and a list, with a finished and a queued trial."""
    fields = {
        "space": SPACE,
        "sampler": "random",
        "trials_wanted": 5,
        "next_trial": 2,
        "spec": {"recipe": "digits-vit"},
        "objective": "eval/accuracy",
    }
    made = new_sweep(**fields)
    add(made, 0)
    run = add(made, 1, "queued")
    run.trial_params = {"args.learning_rate": 1e-3, "args.per_device_train_batch_size": 16}
    run.save()
    return made


def do(client, sweep, verb, **fields):
    response = client.post(f"/s/{sweep.pk}/do/{verb}", fields, headers=SCRIPT)
    sweep.refresh_from_db()
    return response


def unchanged(**changes):
    """The form as the page shows it, with changes."""
    field = "args.per_device_train_batch_size"
    return {
        "n": "",
        "parallel": "",
        "low.args.learning_rate": "1e-4",
        "high.args.learning_rate": "0.01",
        f"had.{field}": "1",
        f"keep.{field}": ["16", "32", "64"],
    } | changes


def test_extend_has_ends_of_ranges_and_ticks_of_lists(owner_client, sweep):
    page = owner_client.get(f"/s/{sweep.pk}").content.decode()
    assert 'name="high.args.learning_rate" value="0.01"' in page
    assert page.count('name="keep.args.per_device_train_batch_size"') == 3
    assert '<select name="point.args.per_device_train_batch_size"' in page
    assert '<input type="text" name="point.args.learning_rate"' in page


def test_pause_and_resume(owner_client, sweep):
    assert do(owner_client, sweep, "pause").status_code == 200
    assert sweep.state == "paused"
    page = owner_client.get(f"/s/{sweep.pk}").content.decode()
    assert f"/s/{sweep.pk}/do/resume" in page
    assert f"/s/{sweep.pk}/do/pause" not in page
    do(owner_client, sweep, "resume")
    assert sweep.state == "running"


def test_what_cannot_be_done_now_is_told(owner_client, sweep):
    response = do(owner_client, sweep, "resume")
    assert response.status_code == 409
    assert "nothing to resume" in response.json()["text"]


def test_stop_can_let_finish_what_trains(owner_client, sweep):
    running = add(sweep, 2, "running")
    response = do(owner_client, sweep, "stop", cut="0")
    assert response.json()["text"] == "1 trial was taken out of the queue; what trains may finish."
    assert Run.objects.get(pk=running.pk).state == "running"
    assert sweep.state == "stopping"


def test_extend_makes_all_changes_at_once_and_tells_each(owner_client, sweep):
    field = "args.per_device_train_batch_size"
    changes = {"n": "10", "parallel": "2", "high.args.learning_rate": "0.1", f"keep.{field}": ["32", "64"]}
    response = do(owner_client, sweep, "change", **unchanged(**changes))
    assert response.status_code == 200, response.json()
    assert (sweep.trials_wanted, sweep.parallel) == (15, 2)
    assert sweep.space["args.learning_rate"] == {"low": 1e-4, "high": 0.1, "scale": "log"}
    assert sweep.space[field] == [32, 64]
    assert {event.kind for event in sweep.events.all()} == {"extend", "parallel", "range", "drop"}
    page = owner_client.get(f"/s/{sweep.pk}").content.decode()
    assert "Extended by 10 more trials." in page
    assert "5 → 15" in page


def test_extend_changes_nothing_when_one_part_is_refused(owner_client, sweep):
    response = do(owner_client, sweep, "change", **unchanged(n="10", **{"low.args.learning_rate": "1"}))
    assert response.status_code == 409
    assert "begins at 1, above its end" in response.json()["problems"]["args.learning_rate"]
    assert (sweep.trials_wanted, sweep.events.count()) == (5, 0)


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({}, "form", "Nothing was changed."),
        ({"n": "many"}, "n", "many"),
        ({"n": "0"}, "n", "whole number from 1"),
        ({"parallel": "-1"}, "parallel", "whole number from 1"),
        ({"high.args.learning_rate": "high"}, "args.learning_rate", "high"),
        ({"point.args.learning_rate": "1e-3"}, "points", "per_device_train_batch_size has no value"),
        (
            {"point.args.learning_rate": "5", "point.args.per_device_train_batch_size": "16"},
            "points",
            "outside of what is searched",
        ),
        ({"wall_hours": "long"}, "wall_hours", "long"),
        ({"wall_hours": "0"}, "wall_hours", "above 0"),
        ({"device_hours": "-2"}, "device_hours", "above 0"),
        ({"target": "high"}, "target", "high"),
        ({"keep.args.per_device_train_batch_size": []}, "args.per_device_train_batch_size", "last value"),
    ],
)
def test_what_is_typed_wrong_is_told_at_its_field(owner_client, sweep, changes, field, words):
    response = do(owner_client, sweep, "change", **unchanged(**changes))
    assert response.status_code == 409
    assert words in response.json()["problems"][field]


def test_budgets_are_changed_and_told(owner_client, sweep):
    sweep.budget = {"wall_seconds": 10_000, "device_seconds": 7200, "target": 0.9}
    sweep.save()
    page = owner_client.get(f"/s/{sweep.pk}").content.decode()
    assert 'name="device_hours" value="2"' in page
    assert 'name="target" value="0.9"' in page
    shown = re.search(r'name="wall_hours" value="([^"]+)"', page)[1]
    changed = unchanged(wall_hours=shown, device_hours="3.5", target="")
    assert do(owner_client, sweep, "change", **changed).status_code == 200
    # The page shows fewer digits than there are; what nobody changed stays.
    assert sweep.budget == {"wall_seconds": 10_000, "device_seconds": 12_600}
    assert sweep.events.get().text == "Budget: device time 2 h → 3.5 h, target 0.9 → none."


def test_the_retention_of_its_checkpoints_is_one_link_away_and_back(owner_client, sweep):
    address = f"/p/digits/checkpoints/retention?sweep={sweep.pk}"
    assert f'href="{address}"' in owner_client.get(f"/s/{sweep.pk}").content.decode()
    assert f'href="/s/{sweep.pk}"' in owner_client.get(address).content.decode()


def test_a_budget_for_more_lets_a_finished_sweep_go_on(owner_client, sweep):
    sweep.state, sweep.budget = Sweep.State.FINISHED, {"wall_seconds": 60}
    sweep.save()
    assert do(owner_client, sweep, "change", **unchanged(wall_hours="100")).status_code == 200
    assert sweep.state == Sweep.State.RUNNING


def test_a_point_picked_by_hand_is_tried_next(owner_client, sweep):
    point = {"point.args.learning_rate": "3e-3", "point.args.per_device_train_batch_size": "64"}
    assert do(owner_client, sweep, "change", **unchanged(**point)).status_code == 200
    assert sweep.points == [{"args.learning_rate": 3e-3, "args.per_device_train_batch_size": 64}]


def test_rerun_failed_is_offered_with_their_number(owner_client, sweep):
    assert "Rerun failed" not in owner_client.get(f"/s/{sweep.pk}").content.decode()
    failed = add(sweep, 2, "failed")
    assert "Rerun failed (1)" in owner_client.get(f"/s/{sweep.pk}").content.decode()
    do(owner_client, sweep, "rerun")
    assert Run.objects.get(pk=failed.pk).state == "queued"


def test_duplicate_goes_to_the_new_sweep(owner_client, sweep):
    response = owner_client.post(f"/s/{sweep.pk}/duplicate")
    made = Sweep.objects.exclude(pk=sweep.pk).get()
    assert response["Location"] == f"/s/{made.pk}"
    assert made.space == SPACE


def test_unknown_verbs_and_sweeps_are_404(owner_client, sweep):
    assert do(owner_client, sweep, "explode").status_code == 404
    assert owner_client.post("/s/none/do/pause").status_code == 404


def test_a_log_in_is_asked_for(client, sweep):
    assert client.post(f"/s/{sweep.pk}/do/pause").status_code == 302
