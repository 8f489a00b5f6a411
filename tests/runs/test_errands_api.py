"""Errands over REST: people see their own, workers claim and report."""

import json

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from runs import dispatch, errands
from runs.access import issue_api_token
from runs.models import Errand

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _known(monkeypatch):
    monkeypatch.setattr(dispatch, "send_messages", lambda count: None)
    monkeypatch.setattr(errands.kinds, "names", lambda: ("echo",))


@pytest.fixture
def caller(user):
    """caller(scopes, user) → call(method, path, body) → (status, JSON)."""

    def make(*scopes, who=user):
        client = Client(raise_request_exception=False)
        bearer = {"authorization": f"Bearer {issue_api_token(who, 'test', list(scopes))[1]}"}

        def call(method, path, body=None):
            data = json.dumps(body) if body is not None else ""
            answer = client.generic(method, f"/api/v1{path}", data, "application/json", headers=bearer)
            return answer.status_code, answer.json() if answer.content else None

        return call

    return make


def test_the_whole_way_of_an_errand(caller):
    person, worker = caller("read", "write"), caller("worker")
    status, errand = person("POST", "/errands", {"kind": "echo", "payload": {"a": 1}})
    assert (status, errand["state"], errand["waits"]) == (201, "waiting", "no worker is connected")
    assert worker("POST", "/workers/box/heartbeat", {"state": "ready", "slots": 1})[1] == {
        "queued": 0,
        "errands": 1,
        "missing": [],
    }
    status, claim = worker("POST", "/workers/box/errands", {})
    assert (status, claim) == (
        200,
        {"errand": errand["id"], "attempt": 1, "kind": "echo", "payload": {"a": 1}},
    )
    assert worker("POST", "/workers/box/errands", {}) == (204, None)
    mine = f"/workers/box/errands/{errand['id']}"
    assert worker("POST", mine, {"attempt": 1, "progress": "half"}) == (200, {"wanted": True})
    assert person("GET", f"/errands/{errand['id']}")[1]["progress"] == "half"
    assert worker("POST", mine, {"attempt": 1, "result": {"b": [2]}}) == (200, {"wanted": True})
    found = person("GET", f"/errands/{errand['id']}")[1]
    assert (found["state"], found["result"], found["worker"]) == ("done", {"b": [2]}, "box")


def test_a_failure_is_told_with_its_details(caller):
    person, worker = caller("read", "write"), caller("worker")
    errand = person("POST", "/errands", {"kind": "echo"})[1]["id"]
    worker("POST", "/workers/box/errands", {})
    word = {"attempt": 1, "failure": "ValueError: no", "details": "Traceback …"}
    worker("POST", f"/workers/box/errands/{errand}", word)
    found = person("GET", f"/errands/{errand}")[1]
    assert (found["state"], found["reason"], found["details"]) == ("failed", "ValueError: no", "Traceback …")


def test_a_cancelled_errand_is_not_wanted(caller):
    person, worker = caller("read", "write"), caller("worker")
    errand = person("POST", "/errands", {"kind": "echo"})[1]["id"]
    worker("POST", "/workers/box/errands", {})
    assert person("DELETE", f"/errands/{errand}") == (204, None)
    assert worker("POST", f"/workers/box/errands/{errand}", {"attempt": 1}) == (200, {"wanted": False})
    assert person("GET", f"/errands/{errand}")[1]["state"] == "cancelled"


def test_a_worker_that_says_good_bye_gives_back_what_it_has(caller):
    person, worker = caller("read", "write"), caller("worker")
    errand = person("POST", "/errands", {"kind": "echo"})[1]["id"]
    worker("POST", "/workers/box/errands", {})
    worker("POST", "/workers/box/heartbeat", {"state": "gone", "slots": 1})
    assert person("GET", f"/errands/{errand}")[1]["state"] == "waiting"


def test_errands_of_others_are_not_there(caller):
    errand = caller("read", "write")("POST", "/errands", {"kind": "echo"})[1]["id"]
    eve = caller("read", "write", who=get_user_model().objects.create_user("eve"))
    for method in ("GET", "DELETE"):
        status, answer = eve(method, f"/errands/{errand}")
        assert (status, answer["error"]) == (
            404,
            "There is no such errand. Ended ones are kept for two hours.",
        )
    assert Errand.objects.get().state == "waiting"


def test_what_cannot_be_asked_is_said(caller):
    status, answer = caller("write")("POST", "/errands", {"kind": "dance"})
    assert (status, answer["error"]) == (422, "There is no errand “dance”. There are: echo.")
