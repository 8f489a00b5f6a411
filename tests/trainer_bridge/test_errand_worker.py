"""Errands in a real worker: warm children that are claimed, followed, ended, and leave nothing."""

import re

import pytest

from tests.live import PROJECT
from tests.trainer_bridge import errand_kinds
from tests.trainer_bridge.conftest import alive
from tests.trainer_bridge.test_worker import Queue, until
from trainer_bridge.rest import WorkerApi
from trainer_bridge.worker import WorkerAgent

pytestmark = pytest.mark.training  # needs the warm process


class Errands(Queue):
    """The server's side of errands: ``waiting`` are claims; ``words`` is what was told."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting: list[dict] = []
        self.words: list[dict] = []
        self.asked = 0
        self.wanted = True

    def answer(self, what: str, body: dict) -> tuple[int, dict | None]:
        if what == "heartbeat":
            return 200, {"queued": 0, "errands": len(self.waiting)}
        if what == "errands":
            return (200, self.waiting.pop(0)) if self.waiting else (204, None)
        if what in ("claim", "recipes"):
            return 204, None
        self.words.append({"errand": what, **body})
        return 200, {"wanted": self.wanted}

    def ask(self, kind: str, **payload) -> None:
        number, self.asked = self.asked, self.asked + 1
        self.waiting.append({"errand": f"e{number}", "attempt": 1, "kind": kind, "payload": payload})

    def ends(self) -> list[dict]:
        return [word for word in self.words if word.keys() & {"result", "failure"}]

    def progress(self) -> list[str]:
        return [word["progress"] for word in self.words if word.get("progress")]


@pytest.fixture
def server():
    server = Errands()
    yield server
    server.close()


@pytest.fixture
def agent(server, launcher, tmp_path, monkeypatch):
    errand_kinds.know_them()
    monkeypatch.setattr("trainer_bridge.errand_worker.ErrandJob", errand_kinds.KnownJob)
    monkeypatch.setattr("trainer_bridge.errand_watch.WORD_EVERY", 0.1)
    monkeypatch.setattr("trainer_bridge.worker.BEAT_EVERY", 30)
    agent = WorkerAgent(server.url, "token", "box", 1, tmp_path)
    agent.start()
    until(agent._warm.is_set)
    yield agent
    agent.shut_down(0)
    errand_kinds.forget_them()


def the_end(server: Errands) -> dict:
    until(server.ends)
    return server.ends()[0]


def test_an_errand_is_done_in_a_warm_child_and_leaves_no_file(server, agent, tmp_path):
    server.ask("t-echo", text="ä", rows=[1, None])
    agent.look()
    word = the_end(server)
    assert (word["errand"], word["attempt"]) == ("e0", 1)
    result = word["result"]
    assert (result["payload"], result["warm"], result["nan"]) == (
        {"text": "ä", "rows": [1, None]},
        True,
        "NaN",
    )
    assert result["folder"].startswith(str(tmp_path / "errands"))
    until(lambda: not list((tmp_path / "errands").iterdir()))


def test_a_heartbeat_tells_of_errands_when_the_message_is_lost(server, agent):
    server.ask("t-echo")
    agent._beat.set()
    assert the_end(server)["result"]["payload"] == {}


def test_a_run_is_rehearsed_in_the_worker_and_leaves_no_file(server, agent, tmp_path):
    params = {"hidden_size": 4, "num_hidden_layers": 1}
    server.ask("rehearsal", spec={"recipe": "digits-vit", "params": params, "args": {"num_train_epochs": 2}})
    agent.look()
    result = the_end(server)["result"]
    assert (result["problems"], result["steps"], result["evaluation"]["times"]) == ([], 40, 2)
    assert result["checkpoint"]["measured"]
    until(lambda: not list((tmp_path / "errands").iterdir()))
    assert not (tmp_path / "runs").exists()


def test_a_script_of_a_persons_own_is_rehearsed_up_to_where_it_would_train(server, agent, tmp_path):
    script = PROJECT / "tests" / "trainer_bridge" / "own" / "scripts" / "fit_line.py"
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "fit_line.py").write_text(script.read_text())
    args = {"max_steps": 9, "gradient_accumulation_steps": 2}
    server.ask("rehearsal", spec={"recipe": "fit_line.py", "params": {"points": 40}, "args": args})
    agent.look()
    result = the_end(server)["result"]
    assert result["problems"] == []
    assert (result["model"], result["steps"]) == ("Line", 9)
    # It computes its loss itself and takes no keyword arguments: the Trainer divides.
    assert "inflation" not in result


def test_an_errand_that_nobody_wants_any_more_is_killed(server, agent, tmp_path):
    server.ask("t-hang")
    agent.look()
    until(server.progress)
    pid = int(server.progress()[0].removeprefix("pid "))
    assert alive(pid)
    server.wanted = False
    until(lambda: not alive(pid))
    until(lambda: not list((tmp_path / "errands").iterdir()))
    assert server.ends() == []


def test_an_errand_that_takes_too_long_is_ended_with_what_it_said_last(server, agent, monkeypatch):
    monkeypatch.setattr("trainer_bridge.errands.time_limit", lambda kind: 0.3)
    server.ask("t-hang")
    agent.look()
    word = the_end(server)
    assert word["failure"] == "It took longer than 0 s and was ended."
    assert "the last line" in word["details"]


@pytest.mark.parametrize(
    ("how", "failure", "details"),
    [
        ("raise", "ValueError: no such column: text", "Traceback"),
        ("exit", "SystemExit: 3", "Traceback"),
        ("large", "ValueError: The result is too large: 600009 bytes", "Traceback"),
        ("killed", "Its process was killed. A process that takes more memory", "some output"),
    ],
)
def test_why_an_errand_failed_is_told(server, agent, how, failure, details):
    server.ask("t-fail", how=how)
    agent.look()
    word = the_end(server)
    assert word["failure"].startswith(failure)
    assert details in word["details"]


def test_an_unknown_kind_is_a_failure_and_the_worker_goes_on(server, agent):
    server.ask("nonsense")
    server.ask("t-echo")
    agent.look()
    until(lambda: len(server.ends()) == 2)
    assert re.match(
        "The worker could not do it: .*There is no errand 'nonsense'", server.ends()[0]["failure"]
    )
    assert "result" in server.ends()[1]


def test_never_more_than_two_at_once_and_a_shut_down_ends_them_without_a_word(server, agent, tmp_path):
    for _ in range(3):
        server.ask("t-hang")
    for _ in range(3):
        agent.look()
    until(lambda: len(server.progress()) == 2)
    assert len(server.waiting) == 1
    pids = [int(text.removeprefix("pid ")) for text in server.progress()]
    agent.shut_down(0)
    until(lambda: not any(map(alive, pids)))
    assert server.ends() == []


def test_folders_of_dead_workers_are_removed(agent, tmp_path):
    dead, living = tmp_path / "errands" / "999999999-a", tmp_path / "errands" / "1-b"
    dead.mkdir(parents=True)
    living.mkdir()
    agent._errands.clear()
    assert not dead.exists()
    assert living.exists()


def test_a_server_away_gets_the_result_later(server, agent):
    server.fail_with = 0
    api, tell = agent._api, WorkerApi.tell_errand
    calls = []

    def flaky(errand, attempt, **word):
        calls.append(word)
        if "result" in word and sum("result" in call for call in calls) < 3:
            from trainer_bridge.rest import ServerAway

            raise ServerAway("away")
        return tell(api, errand, attempt, **word)

    api.tell_errand = flaky
    server.ask("t-echo")
    agent.look()
    assert the_end(server)["result"]["payload"] == {}
