"""A worker that is turned away hears why in one sentence, and a person sees it on the page of workers."""

import pytest

from runs import refusals
from runs.access import issue_api_token
from runs.models import RefusedWorker, Worker
from runs.workers import record_heartbeat, waiting_for
from trainer_bridge import protocol
from trainer_bridge.rest import VERSION_HEADER

pytestmark = pytest.mark.django_db

BEAT = {"state": "ready", "slots": 1}
UNKNOWN = "This API token is unknown or was revoked."


@pytest.fixture
def token(user):
    return issue_api_token(user, "w", ["worker"])[1]


@pytest.fixture
def beat(client):
    """beat(token, name=…, **headers) → the answer to a worker's heartbeat."""

    def ask(token, name="box", **headers):
        path = f"/api/v1/workers/{name}/heartbeat"
        sent = {"Authorization": f"Bearer {token}"} | headers
        return client.post(path, BEAT, content_type="application/json", headers=sent)

    return ask


def test_a_wrong_token_is_told_and_shown(beat, token):
    answer = beat("tb_wrong")
    assert (answer.status_code, answer.json()["error"]) == (401, UNKNOWN)
    shown = refusals.refused_workers().get()
    assert (shown.name, shown.reason, shown.address) == ("box", UNKNOWN, "127.0.0.1")
    assert not Worker.objects.exists()
    assert beat(token).status_code == 200
    assert not RefusedWorker.objects.exists()


def test_a_token_for_something_else_is_told_and_shown(beat, user):
    _, other = issue_api_token(user, "mine", ["read"])
    answer = beat(other)
    sentence = "This needs a token with the scope “worker”; “mine” has read."
    assert (answer.status_code, answer.json()["error"]) == (403, sentence)
    assert RefusedWorker.objects.get().reason == sentence


@pytest.mark.parametrize(
    ("version", "where"), [("0", "where it trains"), (str(protocol.VERSION + 1), "on the server")]
)
def test_another_protocol_is_told_and_shown_with_what_to_update(beat, token, version, where):
    answer = beat(token, **{VERSION_HEADER: version})
    ours = protocol.VERSION
    speaks = f"the worker speaks protocol version {version}, this server version {ours}"
    sentence = f"{speaks}: update the trainboard package {where}"
    assert (answer.status_code, answer.json()["error"]) == (409, sentence)
    assert RefusedWorker.objects.get().reason == sentence
    assert not Worker.objects.exists()


def test_a_worker_that_is_let_in_says_nothing_of_versions_before_there_was_a_second(beat, token):
    assert beat(token).status_code == 200
    assert beat(token, **{VERSION_HEADER: str(protocol.VERSION)}).status_code == 200


def test_those_who_try_for_ever_are_written_down_rarely_and_few(beat):
    beat("tb_wrong")
    first = RefusedWorker.objects.get().heard_at
    beat("tb_wrong")
    assert RefusedWorker.objects.get().heard_at == first
    for number in range(refusals.MOST + 5):
        beat("tb_wrong", name=f"box{number}")
    assert RefusedWorker.objects.count() == refusals.MOST
    assert not RefusedWorker.objects.filter(name="box").exists()


def test_a_name_that_no_worker_may_have_is_not_shown(beat):
    assert beat("tb_wrong", name="a%3Cb%3E").status_code in (401, 422)
    assert not RefusedWorker.objects.exists()


def test_a_worker_hears_which_recipes_it_lacks(beat, token, make_run):
    make_run(name="a")
    run = make_run(name="b")
    run.spec = {"recipe": "mine"}
    run.save()
    record_heartbeat("box", "ready", 1, 0, {})
    assert waiting_for("box") == (1, ["mine"])
    answer = beat(token).json()
    assert (answer["queued"], answer["missing"]) == (1, ["mine"])
