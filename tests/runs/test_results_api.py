"""REST: checkpoints, sweeps, compare."""

import json

import pytest
from asgiref.sync import async_to_sync
from django.test import Client
from scipy.stats import ttest_ind

from runs.access import issue_api_token
from runs.checkpoints import checking
from runs.checkpoints.register import register
from runs.models import Run, Series, Sweep
from tests.runs.checkpoints.folders import event, new_checkpoint, new_run, write_checkpoint

pytestmark = pytest.mark.django_db
KEY = "eval/accuracy"


@pytest.fixture
def runs_dir(settings, tmp_path):
    settings.RUNS_DIR = tmp_path / "runs"
    return settings.RUNS_DIR


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
    assert call("GET", f"/checkpoints/{checkpoint.pk}").json()["state"] == "exported"
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


def test_checkpoints_by_a_filter_with_alias_and_reasons(call):
    run = new_run(name="a")
    first = new_checkpoint(run, 10, {KEY: 0.8})
    new_checkpoint(run, 20, {KEY: 0.9})
    assert call("PUT", "/projects/digits/aliases/production", {"checkpoint": first.pk}).json()["step"] == 10
    rows = call("GET", "/checkpoints?project=digits&q=alias:production").json()
    assert [(row["step"], row["aliases"], row["kept"]) for row in rows] == [
        (10, ["production"], ["alias production"])
    ]
    assert call("GET", "/checkpoints?project=digits&q=nonsense:1").status_code == 422


def test_aliases_move_with_their_history(call):
    run = new_run(name="a")
    first, second = new_checkpoint(run, 10), new_checkpoint(run, 20)
    for row in (first, second):
        call("PUT", "/projects/digits/aliases/candidate", {"checkpoint": row.pk})
    assert call("GET", "/projects/digits/aliases/candidate").json()["checkpoint"] == second.pk
    assert call("DELETE", "/projects/digits/aliases/candidate").status_code == 204
    moves = call("GET", "/projects/digits/aliases/moves?name=candidate").json()
    assert [(move["before"], move["after"], move["user"]) for move in moves] == [
        ("a @ 20", "", "ada"),
        ("a @ 10", "a @ 20", "ada"),
        ("", "a @ 10", "ada"),
    ]
    missing = call("GET", "/projects/digits/aliases/candidate")
    assert (missing.status_code, missing.json()["error"]) == (404, "No checkpoint of digits is “candidate”.")


def test_checkpoint_is_noted_pinned_and_verified(call, runs_dir):
    run = new_run()
    write_checkpoint(runs_dir / run.pk / "checkpoints" / "checkpoint-10", 10)
    row = register(run.pk, 1, event(10))
    changed = call("PATCH", f"/checkpoints/{row.pk}", {"notes": "good", "is_pinned": True}).json()
    assert (changed["notes"], changed["is_pinned"], changed["state"]) == ("good", True, "complete")
    assert call("POST", f"/checkpoints/{row.pk}/verify").status_code == 202
    checking.check_next()
    found = call("GET", f"/checkpoints/{row.pk}").json()
    assert found["state"] == "verified"
    assert len(found["sha256"]["model.safetensors"]) == 64
    refused = call("DELETE", f"/checkpoints/{row.pk}?at_once=true")
    assert (refused.status_code, "pinned" in refused.json()["error"]) == (409, True)


def test_retention_over_rest(call, runs_dir):
    run = new_run(state="finished")
    for step, value in ((10, 0.5), (20, 0.9)):
        write_checkpoint(runs_dir / run.pk / "checkpoints" / f"checkpoint-{step}", step)
        register(run.pk, 1, event(step, metrics={KEY: value}))
    policy = {"full": {"best": 1}}
    plan = call("POST", "/retention/preview?project=digits", {"policy": policy}).json()
    assert [(step["step"], step["action"]) for step in plan["steps"]] == [(10, "delete")]
    assert plan["freed"] > 0
    assert call("GET", "/retention?project=digits").json()["policy"] is None
    wrong = call("PUT", "/retention?project=digits", {"policy": {"full": {"best": -1}}})
    assert wrong.json()["problems"] == {"full.best": "“-1” is no whole number from 0 to 1,000,000,000."}
    assert call("PUT", f"/retention?run={run.pk}", {"policy": policy}).json()["policy"]["full"]["best"] == 1
    done = call("POST", "/retention/clean?project=digits").json()
    assert (done["count"], done["freed"], done["refused"]) == (1, plan["freed"], [])
