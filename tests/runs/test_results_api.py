"""REST: checkpoints, sweeps, compare."""

import json

import pytest
from asgiref.sync import async_to_sync
from django.test import Client
from scipy.stats import ttest_ind

from runs.access import issue_api_token
from runs.checkpoints.register import register
from runs.models import Run, Series, Sweep
from tests.runs.checkpoints.folders import event, new_checkpoint, new_run, write_checkpoint

pytestmark = pytest.mark.django_db
KEY = "eval/accuracy"


@pytest.fixture
def call(user):
    """call(method, path, body, scopes) → the answer, with a token of these scopes."""

    def request(method, path, body=None, scopes=("read", "write")):
        headers = {"authorization": f"Bearer {issue_api_token(user, 'test', scopes)[1]}"}
        data = "" if body is None else json.dumps(body)
        return Client().generic(method, f"/api/v1{path}", data, "application/json", headers=headers)

    return request


def test_checkpoints_best_first_by_run_and_project(call):
    first, second = new_run(name="a"), new_run(name="b")
    new_checkpoint(first, 10, {KEY: 0.8})
    new_checkpoint(second, 20, {KEY: 0.9})
    new_checkpoint(second, 30, {KEY: "NaN"}, problem="config.json is missing")
    rows = call("GET", "/checkpoints?project=digits").json()
    assert [(row["rank"], row["run_name"], row["step"], row["state"]) for row in rows] == [
        (1, "b", 20, "complete"),
        (2, "a", 10, "complete"),
        (None, "b", 30, "damaged"),
    ]
    assert rows[2]["metrics"] == {KEY: "NaN"}
    assert [row["step"] for row in call("GET", f"/checkpoints?run={first.pk}").json()] == [10]


def test_best_checkpoint_by_a_chosen_metric(call):
    run = new_run()
    new_checkpoint(run, 10, {KEY: 0.8, "eval/loss": 0.1})
    new_checkpoint(run, 20, {KEY: 0.9, "eval/loss": 0.2})
    assert call("GET", f"/checkpoints/best?run={run.pk}").json()["step"] == 20
    assert call("GET", f"/checkpoints/best?run={run.pk}&metric=eval/loss").json()["step"] == 10
    turned = f"/checkpoints/best?run={run.pk}&metric=eval/loss&greater_is_better=true"
    assert call("GET", turned).json()["step"] == 20
    missing = call("GET", f"/checkpoints/best?run={run.pk}&metric=eval/f1")
    assert (missing.status_code, missing.json()["error"]) == (
        404,
        "There is no complete checkpoint with a value of eval/f1.",
    )


@pytest.mark.parametrize("query", ["", "?run=a&project=b"])
def test_checkpoints_of_nothing_or_two_things(call, query):
    answer = call("GET", f"/checkpoints{query}")
    assert (answer.status_code, answer.json()["error"]) == (
        422,
        "Name exactly one of run, sweep and project.",
    )


def test_download_and_its_refusal(call, settings, tmp_path):
    settings.RUNS_DIR = tmp_path
    run = new_run()
    folder = write_checkpoint(tmp_path / run.pk / "checkpoints" / "checkpoint-40", 40)
    checkpoint = register(run.pk, 1, event(40))

    async def read(response):
        return b"".join([block async for block in response.streaming_content])

    answer = call("GET", f"/checkpoints/{checkpoint.pk}/download?contents=full", scopes=["read"])
    assert len(async_to_sync(read)(answer)) == int(answer["Content-Length"])
    (folder / "optimizer.pt").unlink()
    refused = call("GET", f"/checkpoints/{checkpoint.pk}/download")
    assert (refused.status_code, refused.json()["error"]) == (
        409,
        "This checkpoint cannot be exported: optimizer.pt is missing.",
    )
    assert call("GET", f"/checkpoints/{checkpoint.pk}/download?contents=all").status_code == 422


def test_create_read_list_and_stop_a_sweep(call, project):
    body = {
        "project": "digits",
        "name": "rates",
        "spec": {"recipe": "digits-vit"},
        "space": {"args.learning_rate": [0.001, 0.002]},
    }
    made = call("POST", "/sweeps", body)
    assert made.status_code == 201
    assert [trial["params"] for trial in made.json()["trials"]] == [
        {"args.learning_rate": 0.001},
        {"args.learning_rate": 0.002},
    ]
    sweep = Sweep.objects.get()
    Series.objects.create(run=sweep.runs.get(trial=1), key=KEY, count=1, min=0.9, max=0.9, max_step=9)
    read = call("GET", f"/sweeps/{sweep.pk}").json()
    assert (read["best"]["number"], read["best"]["value"], read["counts"]) == (1, 0.9, {"queued": 2})
    assert [row["name"] for row in call("GET", "/sweeps?project=digits").json()] == ["rates"]
    assert call("POST", f"/sweeps/{sweep.pk}/stop").json() == {"stopped": 2}


def test_sweep_that_cannot_run_names_the_field(call, project):
    space = {"args.learning_rate": [-1]}
    answer = call("POST", "/sweeps", {"project": "digits", "spec": {"recipe": "digits-vit"}, "space": space})
    assert answer.status_code == 422
    assert "args.learning_rate" in answer.json()["problems"]
    assert not Run.objects.exists()


def test_compare(call):
    first, second = new_run(), new_run(spec={"recipe": "digits-vit", "args": {"seed": 7}})
    for run, value in ((first, 0.8), (second, 0.9)):
        Series.objects.create(run=run, key=KEY, count=1, min=value, max=value, max_step=9, min_step=9)
    found = call("GET", f"/compare?runs={first.pk},{second.pk}&base={second.pk}").json()
    assert found["runs"] == [second.pk, first.pk]
    assert found["config"] == {"args.seed": [7, 42]}
    assert [value["verdict"] for value in found["metrics"][0]["values"]] == ["", "worse"]
    missing = call("GET", f"/compare?runs={first.pk},nope")
    assert (missing.status_code, missing.json()["error"]) == (404, "There is no run nope.")
    assert call("GET", "/compare?runs=,").status_code == 422


def test_compare_groups_of_seeds(call):
    values = {0.001: (0.8, 0.82, 0.81), 0.002: (0.9, 0.93, 0.91)}
    ids = []
    for rate, row in values.items():
        for seed, value in enumerate(row):
            args = {"learning_rate": rate, "seed": seed}
            run = new_run(spec={"recipe": "digits-vit", "args": args}, state="finished")
            Series.objects.create(run=run, key=KEY, count=1, min=value, max=value, max_step=9, min_step=9)
            ids.append(run.pk)
    found = call("GET", f"/compare?runs={','.join(ids)}&seeds=1&ci=99").json()["grouped"]
    assert [group["runs"] for group in found["groups"]] == [ids[:3], ids[3:]]
    assert (found["level"], found["tested"], list(found["config"])) == (0.99, 1, ["args.learning_rate"])
    cell = found["metrics"][0]["values"][1]
    interval = ttest_ind(values[0.002], values[0.001], equal_var=False).confidence_interval(0.99)
    assert (cell["low"], cell["high"]) == pytest.approx((interval.low, interval.high))
    assert (cell["n"], cell["verdict"], cell["is_best"]) == (3, "better", True)
    assert call("GET", f"/compare?runs={ids[0]}").json()["grouped"] is None
    refused = call("GET", f"/compare?runs={ids[0]}&ci=80")
    assert (refused.status_code, refused.json()["error"]) == (422, "ci is 90, 95, 99 percent, not 80.")


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/sweeps"), ("POST", "/sweeps/a/stop"), ("GET", "/checkpoints"), ("GET", "/compare")],
)
def test_scope_is_asked_for(call, method, path):
    assert call(method, path, scopes=["worker"]).status_code == 403
