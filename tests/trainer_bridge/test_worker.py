"""A worker against a real HTTP server for its REST calls and a real bridge server."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from trainer_bridge import rest
from trainer_bridge.protocol import Exit, Metrics
from trainer_bridge.rest import NotAllowed, ServerAway, WorkerApi
from trainer_bridge.worker import WorkerAgent


class Queue:
    """The server's side of the two REST calls."""

    def __init__(self) -> None:
        self.queued: list[dict] = []
        self.beats: list[dict] = []
        self.catalogues: list[dict] = []
        self.requests: list[tuple[str, str]] = []
        self.fail_with = 0
        queue = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                queue.requests.append((self.path, self.headers["Authorization"]))
                status, answer = queue.answer(self.path.rpartition("/")[2], body)
                self.send_response(status)
                self.end_headers()
                self.wfile.write(json.dumps(answer).encode() if answer is not None else b"")

            do_PUT = do_POST

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def answer(self, what: str, body: dict) -> tuple[int, dict | None]:
        if self.fail_with:
            return self.fail_with, {"error": "not now", "problems": {}}
        if what == "recipes":
            self.catalogues.append(body)
            return 204, None
        if what == "heartbeat":
            self.beats.append(body)
            return 200, {"queued": len(self.queued)}
        return (200, self.queued.pop(0)) if self.queued else (204, None)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def queue():
    queue = Queue()
    yield queue
    queue.close()


@pytest.fixture
def agent(server, queue, launcher, tmp_path, monkeypatch):
    monkeypatch.setattr("trainer_bridge.worker.BEAT_EVERY", 0.1)
    agent = WorkerAgent(server.url, "worker-token", "box 1", 2, tmp_path)
    agent._api = agent._own._api = WorkerApi(queue.url, "worker-token", "box 1")
    agent.start()
    yield agent
    agent.shut_down(0)


def claim_of(job) -> dict:
    return {
        "run": job.run,
        "name": f"the {job.run}",
        "attempt": job.attempt,
        "token": job.token,
        "spec": job.spec,
        "resume_from": None,
    }


def until(predicate, timeout: float = 20) -> None:
    deadline = time.monotonic() + timeout
    while not predicate():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


@pytest.mark.slow
@pytest.mark.training
def test_queued_runs_are_trained_never_more_than_slots_at_once(server, queue, agent, job_for, tmp_path):
    queue.queued = [claim_of(job_for(run=f"run{n}", num_train_epochs=3)) for n in range(4)]
    threads = [threading.Thread(target=agent.work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(40)
    until(lambda: len(server.of(Exit)) == 4)
    assert [event.outcome for event in server.of(Exit)] == ["finished"] * 4
    assert max(beat["busy"] for beat in queue.beats) == 2
    assert {beat["state"] for beat in queue.beats} <= {"warming up", "ready"}
    assert {beat["slots"] for beat in queue.beats} == {2}
    assert queue.beats[-1]["info"]["torch"]
    until(lambda: bool(queue.catalogues))
    assert set(queue.requests) == {
        ("/api/v1/workers/box%201/recipes", "Bearer worker-token"),
        ("/api/v1/workers/box%201/heartbeat", "Bearer worker-token"),
        ("/api/v1/workers/box%201/claim", "Bearer worker-token"),
    }
    assert list(tmp_path.glob("runs/*/attempt-1/undelivered.json")) == []


@pytest.mark.training
def test_a_worker_that_shuts_down_lets_trainings_save(server, queue, agent, job_for):
    queue.queued = [
        claim_of(job_for(num_train_epochs=2000, eval_strategy="no", load_best_model_at_end=False))
    ]
    # Nobody calls work(): the heartbeat's answer says that a run waits.
    server.wait_for(lambda: server.of(Metrics), 30)
    agent.shut_down(20)
    exit = server.of(Exit)[0]
    assert (exit.outcome, exit.reason) == ("stopped", "the worker was shut down")
    assert (queue.beats[-1]["state"], queue.beats[-1]["busy"]) == ("gone", 0)


@pytest.mark.training
def test_a_server_away_is_waited_for(server, queue, agent, job_for, caplog):
    queue.fail_with = 503
    worker = threading.Thread(target=agent.work)
    worker.start()
    until(lambda: "the server is away" in caplog.text or "no heartbeat" in caplog.text)
    queue.queued = [claim_of(job_for())]
    queue.fail_with = 0
    worker.join(30)
    until(lambda: bool(server.of(Exit)))
    assert server.of(Exit)[0].outcome == "finished"


def test_a_token_that_is_refused_is_told_from_a_server_that_is_away(queue):
    api = WorkerApi(queue.url, "wrong", "box")
    queue.fail_with = 401
    with pytest.raises(NotAllowed, match="not now"):
        api.claim("r")
    queue.fail_with = 500
    with pytest.raises(ServerAway, match="500"):
        api.claim("r")
    queue.close()
    with pytest.raises(ServerAway):
        api.heartbeat("ready", 1, 0, {})


def test_a_worker_that_is_turned_away_says_why_once_in_its_terminal(queue, tmp_path, caplog, monkeypatch):
    monkeypatch.setattr("trainer_bridge.worker.BEAT_EVERY", 0.01)
    queue.fail_with = 401
    agent = WorkerAgent(queue.url, "wrong", "box", 1, tmp_path)
    agent._beating.start()
    until(lambda: len(queue.requests) > 3)
    queue.fail_with = 0
    until(lambda: "the server answers again" in caplog.text)
    agent._stopping.set()
    said = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert said == ["worker box: the server turns this worker away: not now"]


def test_a_recipe_that_queued_runs_need_and_the_worker_has_not_is_said_once(queue, tmp_path, caplog):
    agent = WorkerAgent(queue.url, "token", "box", 1, tmp_path)
    # Before it has told which recipes it has, nobody knows.
    agent._tell_missing(("mine", "here"))
    agent._own._told_at = 1.0
    for missing in (("mine",), ("mine",), ("mine", "yours")):
        agent._tell_missing(missing)
    said = [record.getMessage() for record in caplog.records]
    assert said == [
        f"queued runs need the recipe {name}, which worker box has not" for name in ("mine", "yours")
    ]


def test_a_server_that_does_not_answer_is_away(monkeypatch, queue):
    monkeypatch.setattr(rest, "PATIENCE", 0.2)
    queue.answer = lambda what, body: time.sleep(0.5) or (204, None)
    with pytest.raises(ServerAway, match="timed out"):
        WorkerApi(queue.url, "token", "box").claim("r")


@pytest.mark.training
def test_an_own_recipe_beside_the_data_is_told_and_trained(server, queue, agent, job_for, tmp_path):
    (tmp_path / "recipes").mkdir()
    (tmp_path / "recipes" / "mine.py").write_text(
        "from trainer_bridge.recipes import recipe\n"
        "from trainer_bridge.recipes.digits import digits_vit\n"
        "@recipe(arguments={'num_train_epochs': 1})\n"
        "def my_digits(*, width: int = 4):\n"
        "    return digits_vit.build(hidden_size=width, num_hidden_layers=1, dropout=0.0, seed=1)\n"
    )
    until(lambda: any(told["recipes"] for told in queue.catalogues))
    assert queue.catalogues[-1]["recipes"][0]["name"] == "my-digits"
    assert queue.catalogues[-1]["folders"]["recipe"] == str(tmp_path / "recipes")
    claim = claim_of(job_for())
    queue.queued = [{**claim, "spec": {"recipe": "my-digits", "args": {"max_steps": 1}}}]
    agent.work()
    until(lambda: bool(server.of(Exit)))
    assert server.of(Exit)[0].outcome == "finished"
