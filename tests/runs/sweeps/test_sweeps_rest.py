"""Sweeps over REST: searched by a sampler, changed while they run."""

import json

import pytest
from django.utils import timezone

from runs.models import Checkpoint
from runs.models.checkpoint import ELSEWHERE
from runs.sweeps.engine import step_all
from tests.runs.sweeps.studies import SPACE, SPEC, ask, measure

pytestmark = pytest.mark.django_db
PLAN = {"sampler": "tpe", "trials": 6, "parallel": 2, "pruner": "asha", "seed": 3}


@pytest.fixture
def client(client, owner):
    client.force_login(owner)
    return client


def post(client, path, body):
    answer = client.post(f"/api/v1{path}", json.dumps(body), content_type="application/json")
    return answer.status_code, answer.json()


def launch(client, project, **fields):
    return post(
        client, "/sweeps", {"project": project.slug, "spec": SPEC, "space": SPACE, "sweep": PLAN} | fields
    )


def test_a_sweep_by_a_sampler(client, project):
    status, made = launch(client, project)
    assert (status, made["state"], made["trials"]) == (201, "running", [])
    assert made["sweep"]["pruner"] == {"kind": "asha"}
    step_all(ask)
    first = project.runs.order_by("trial").first()
    measure(first, 0.5)
    for problem, size in (("", 700), (ELSEWHERE, 5), ("", 30)):
        columns = {"id": f"c{size}", "step": size, "path": f"c-{size}", "size": size, "problem": problem}
        Checkpoint.objects.create(run=first, attempt=1, created_at=timezone.now(), **columns)
    told = client.get(f"/api/v1/sweeps/{made['id']}").json()
    assert [trial["number"] for trial in told["trials"]] == [0, 1]
    assert (told["best"]["run"], told["best"]["value"]) == (first.pk, 0.5)
    assert told["checkpoint_bytes"] == 730
    assert (told["progress"]["done"], told["progress"]["wanted"]) == (0, 6)


def test_what_cannot_be_searched_is_told_at_its_field(client, project):
    status, told = launch(
        client, project, sweep={"sampler": "cmaes", "trials": 4, "constraints": ["learning_rate >"]}
    )
    assert (status, list(told["problems"])) == (422, ["constraints"])
    status, told = launch(client, project, sweep={"smapler": "tpe"})
    assert (status, list(told["problems"])) == (422, ["sweep"])


def test_edits_and_their_record(client, project, owner):
    made = launch(client, project)[1]["id"]
    assert (
        post(client, f"/sweeps/{made}/edits", {"kind": "extend", "args": {"n": 4}})[1]["sweep"]["trials"]
        == 10
    )
    assert post(client, f"/sweeps/{made}/edits", {"kind": "pause"})[1]["state"] == "paused"
    status, told = post(client, f"/sweeps/{made}/edits", {"kind": "pause"})
    assert (status, told["error"]) == (409, "The sweep is paused: nothing to pause.")
    status, told = post(client, f"/sweeps/{made}/edits", {"kind": "extend", "args": {"n": 0}})
    assert (status, told["error"], list(told["problems"])) == (422, "The sweep cannot be changed so.", ["n"])
    events = client.get(f"/api/v1/sweeps/{made}/events").json()
    assert [(event["kind"], event["created_by"]) for event in events] == [
        ("pause", owner.username),
        ("extend", owner.username),
    ]
    status, other = post(client, f"/sweeps/{made}/edits", {"kind": "duplicate"})
    assert (status, other["id"] != made, other["sweep"]["trials"]) == (200, True, 10)


def test_the_whole_of_it_as_yaml(client, project):
    made = launch(client, project)[1]["id"]
    text = client.get(f"/api/v1/sweeps/{made}/spec.yaml").content.decode()
    answer = client.post("/api/v1/launch", text, content_type="application/yaml")
    assert answer.status_code == 201, (text, answer.json())
    again = client.get(f"/api/v1/sweeps/{answer.json()['id']}").json()
    told = client.get(f"/api/v1/sweeps/{made}").json()
    assert (again["space"], again["sweep"]) == (told["space"], told["sweep"])
