"""The vote of the processes of somebody's training: may one of them have all do something?"""

from concurrent.futures import ThreadPoolExecutor

import pytest
from torch.distributed import HashStore

from trainer_bridge.join import consent
from trainer_bridge.join.consent import Vote


@pytest.fixture
def ask():
    """ask(said) → what each rank learns; ``said``: a rank's yes or no, None where it has no callback."""

    def voted(said):
        store = HashStore()
        votes = [
            (Vote(store, "t/1", rank, len(said)), yes) for rank, yes in enumerate(said) if yes is not None
        ]
        with ThreadPoolExecutor(len(votes)) as threads:
            return list(threads.map(lambda vote: vote[0].all_agree("joined", vote[1]), votes))

    return voted


def test_all_of_them_agree(ask):
    assert ask([True, True, True]) == [True] * 3


@pytest.mark.parametrize("said", [[False, True, True], [True, True, False]])
def test_one_that_cannot_decides_for_all_at_once(ask, said):
    assert ask(said) == [False] * 3


@pytest.mark.parametrize("said", [[True, None], [True, True, None], [None, True]])
def test_one_without_the_callback_is_not_waited_for_for_ever(ask, said, monkeypatch):
    monkeypatch.setattr(consent, "FIRST_WAITS", 0.2)
    monkeypatch.setattr(consent, "OTHERS_WAIT", 0.4)
    assert set(ask(said)) == {False}


def test_who_comes_late_takes_the_decision_that_was_made(monkeypatch):
    monkeypatch.setattr(consent, "FIRST_WAITS", 0.1)
    store = HashStore()
    assert not Vote(store, "t/1", 0, 2).all_agree("joined", True)
    assert not Vote(store, "t/1", 1, 2).all_agree("joined", True)
    with ThreadPoolExecutor(2) as threads:
        again = [Vote(store, "t/2", rank, 2) for rank in range(2)]
        assert list(threads.map(lambda vote: vote.all_agree("joined", True), again)) == [True, True]
