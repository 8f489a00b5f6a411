"""Processes that stay for the next question, in a real worker."""

import pytest

from tests.trainer_bridge.conftest import alive
from tests.trainer_bridge.test_errand_worker import agent, server  # noqa: F401
from tests.trainer_bridge.test_worker import until

pytestmark = [pytest.mark.training, pytest.mark.slow]


@pytest.fixture
def ask(server, agent):  # noqa: F811
    """ask(name, …) → the last word about it."""

    def one(name, **payload):
        before = len(server.ends())
        server.ask("t-stay", name=name, **payload)
        agent.look()
        until(lambda: len(server.ends()) > before)
        return server.ends()[-1]

    return one


def test_the_same_process_answers_the_next_question(ask, tmp_path):
    first, second = (ask("a", given=n)["result"] for n in (1, 2))
    assert (first["asked"], second["asked"], second["given"]) == (1, 2, 2)
    assert first["pid"] == second["pid"]


def test_two_stay_side_by_side_and_a_third_sends_the_oldest_away(ask, tmp_path):
    pids = {name: ask(name)["result"]["pid"] for name in ("a", "b", "c")}
    until(lambda: not alive(pids["a"]))
    assert alive(pids["b"])
    assert ask("c")["result"]["asked"] == 2
    until(lambda: len(list((tmp_path / "errands").iterdir())) == 2)


def test_it_leaves_by_itself_when_nobody_asks(ask, monkeypatch, tmp_path):
    monkeypatch.setattr("trainer_bridge.residents.stays_for", lambda kind: 0.2)
    pid = ask("a")["result"]["pid"]
    until(lambda: not alive(pid))
    until(lambda: not list((tmp_path / "errands").iterdir()))


def test_what_cannot_be_loaded_leaves_no_process(ask, tmp_path):
    assert ask("a", broken=True)["failure"] == "ValueError: This cannot be loaded."
    until(lambda: not list((tmp_path / "errands").iterdir()))
    assert ask("a")["result"]["asked"] == 1


def test_it_ends_with_its_worker(ask, agent):  # noqa: F811
    pid = ask("a")["result"]["pid"]
    agent.shut_down(0)
    until(lambda: not alive(pid))
