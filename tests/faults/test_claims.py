"""A run was given to a worker, and the answer was lost on the way."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.db import connection

from runs.access import hash_token, issue_api_token
from runs.dispatch import claim_next, give_up_silent_runs
from runs.models import Attempt, Run
from runs.states import State, transition
from trainer_bridge.worker import WorkerAgent

pytestmark = pytest.mark.faults


@pytest.fixture
def queued(project):
    """Three runs in the queue, oldest first."""
    spec = {"recipe": "digits-vit"}
    return [Run.objects.create(project=project, name=f"r{i}", spec=spec) for i in range(3)]


@pytest.mark.django_db
def test_a_claim_asked_again_is_the_same(queued):
    first = claim_next("box", "request 1")
    assert claim_next("box", "request 1") == first
    assert first.run == queued[0].pk
    assert Attempt.objects.get().token_hash == hash_token(first.token)
    assert claim_next("box", "request 2").run == queued[1].pk
    assert claim_next("other", "request 1").run == queued[2].pk


@pytest.mark.django_db
def test_a_claim_asked_again_after_the_run_was_given_up_goes_on(queued):
    first = claim_next("box", "request 1")
    transition(first.run, State.CRASHED, reason="no word")
    assert claim_next("box", "request 1") == first
    run = Run.objects.get(pk=first.run)
    assert (run.state, run.reason, run.ended_at) == (State.STARTING, "", None)
    assert give_up_silent_runs(run.created_at) == 0


@pytest.mark.django_db
@pytest.mark.parametrize("state", [State.QUEUED, State.FINISHED, State.STOPPED])
def test_a_claim_that_means_nothing_any_more_gives_nothing(queued, state):
    first = claim_next("box", "request 1")
    Run.objects.filter(pk=first.run).update(state=state)
    assert claim_next("box", "request 1") is None


@pytest.mark.django_db(transaction=True)
def test_a_claim_asked_twice_at_once_takes_one_run(queued):
    ready, claims = threading.Barrier(2), []

    def ask():
        ready.wait()
        claims.append(claim_next("box", "request 1"))
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert claims[0] == claims[1]
    assert Run.objects.filter(state=State.STARTING).count() == 1


@pytest.mark.django_db
def test_the_request_travels_over_rest(queued, client, owner):
    _, token = issue_api_token(owner, "w", ["worker"])

    def ask(body):
        path = "/api/v1/workers/box/claim"
        headers = {"Authorization": f"Bearer {token}"}
        return client.post(path, body, content_type="application/json", headers=headers).json()

    assert ask({"request": "a"}) == ask({"request": "a"})
    assert ask({})["run"] != ask({})["run"]


class LosingServer:
    """Notes which request of a worker asked for a claim, and loses the first ``lost`` answers."""

    def __init__(self, lost: int) -> None:
        self.requests: list[str] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                claim = self.path.endswith("/claim")
                if claim:
                    server.requests.append(body["request"])
                    if len(server.requests) <= lost:
                        self.connection.close()
                        return
                answer = b"" if claim else b'{"queued": 0}'
                self.send_response(204 if claim else 200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def losing():
    server = LosingServer(lost=2)
    yield server
    server.close()


@pytest.fixture
def agent(losing, tmp_path, monkeypatch):
    monkeypatch.setattr("trainer_bridge.worker.delays", lambda *_: iter([0.01] * 99))
    agent = WorkerAgent(losing.url, "token", "box", 1, tmp_path)
    agent._warm.set()
    return agent


def test_a_worker_asks_again_for_the_claim_whose_answer_was_lost(losing, agent):
    agent.work()
    assert len(losing.requests) == 3
    assert len(set(losing.requests)) == 1
    agent.work()
    assert losing.requests[3] != losing.requests[0]


def test_a_worker_that_gave_up_asks_for_the_same_claim_later(losing, agent, monkeypatch):
    monkeypatch.setattr("trainer_bridge.worker.CLAIM_PATIENCE", -1)
    agent.work()
    assert len(losing.requests) == 1
    agent.work()
    agent.work()
    assert len(losing.requests) == 3
    assert len(set(losing.requests)) == 1
