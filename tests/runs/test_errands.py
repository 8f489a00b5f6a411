"""Errands: every change of state is won once, lost ones are found, nobody's are ended."""

import threading
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.utils import timezone

from runs import dispatch, errand_work, errands
from runs.errors import ErrandError
from runs.models import Errand
from runs.workers import record_heartbeat
from tests.runs.sockets import connected, page, told

LONG_AGO = timezone.now() - timedelta(hours=9)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def messages(monkeypatch):
    """How many messages each call sent to the broker; the kind "echo" is known."""
    sent = []
    monkeypatch.setattr(dispatch, "send_messages", sent.append)
    monkeypatch.setattr(errands.kinds, "names", lambda: ("echo",))
    return sent


def running(user, worker="box"):
    errand = errands.ask("echo", {"a": 1}, user)
    errand_work.claim(worker)
    errand.refresh_from_db()
    return errand


def test_an_errand_is_asked_claimed_followed_and_done(user, messages, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        errand = errands.ask("echo", {"a": 1}, user)
    assert (errand.state, messages) == ("waiting", [1])
    claim = errand_work.claim("box")
    assert (claim.errand, claim.attempt, claim.kind, claim.payload) == (errand.pk, 1, "echo", {"a": 1})
    assert errand_work.claim("other") is None
    assert errand_work.heard(errand.pk, "box", 1, "half way")
    errand.refresh_from_db()
    assert (errand.state, errand.worker, errand.progress) == ("running", "box", "half way")
    assert errand_work.finish(errand.pk, "box", 1, {"b": 2})
    errand.refresh_from_db()
    assert (errand.state, errand.result) == ("done", {"b": 2})
    assert errand.ended_at is not None


@pytest.mark.parametrize(
    ("kind", "payload", "sentence"),
    [
        ("dance", {}, "There is no errand “dance”. There are: echo."),
        ("echo", {"text": "x" * 300_000}, "This is too large to hand to a worker: 300012 bytes"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_a_sentence(user, kind, payload, sentence):
    with pytest.raises(ErrandError, match=sentence):
        errands.ask(kind, payload, user)


def test_one_person_has_a_bounded_number_open(user):
    for _ in range(errands.MOST_OPEN):
        errands.ask("echo", {}, user)
    with pytest.raises(ErrandError, match="20 errands are open already"):
        errands.ask("echo", {}, user)
    errands.cancel(Errand.objects.first().pk)
    errands.ask("echo", {}, user)


def test_what_was_cancelled_stays_so_whatever_its_worker_says(user):
    errand = running(user)
    assert errands.cancel(errand.pk)
    assert not errands.cancel(errand.pk)
    assert not errand_work.heard(errand.pk, "box", 1, "more")
    assert not errand_work.finish(errand.pk, "box", 1, {})
    assert not errand_work.fail(errand.pk, "box", 1, "no")
    errand.refresh_from_db()
    assert (errand.state, errand.reason, errand.progress) == ("cancelled", "cancelled", "")


@pytest.mark.django_db(transaction=True)
def test_workers_that_claim_at_once_get_each_errand_once(user):
    asked = {errands.ask("echo", {}, user).pk for _ in range(6)}
    ready, claims = threading.Barrier(3), []

    def work(name):
        ready.wait()
        while (claim := errand_work.claim(name)) is not None:
            claims.append(claim.errand)
        connection.close()

    threads = [threading.Thread(target=work, args=(f"box{i}",)) for i in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(claims) == sorted(asked)


def test_a_silent_worker_loses_its_errand_to_another_and_then_it_fails(user):
    errand = running(user)
    now = timezone.now() + timedelta(seconds=11)
    errand_work.reconcile(LONG_AGO, now)
    errand.refresh_from_db()
    assert (errand.state, errand.worker) == ("waiting", "")
    claim = errand_work.claim("other")
    assert claim.attempt == 2
    # The first one was only slow: its word counts no more.
    assert not errand_work.finish(errand.pk, "box", 1, {"wrong": True})
    errand_work.reconcile(LONG_AGO, now)
    errand.refresh_from_db()
    assert (errand.state, errand.reason) == (
        "failed",
        "It was given up: the worker other was not heard any more.",
    )


def test_time_while_the_server_was_down_does_not_count(user):
    errand = running(user)
    now = timezone.now() + timedelta(hours=1)
    errand_work.reconcile(now - timedelta(seconds=5), now)
    errand.refresh_from_db()
    assert errand.state == "running"
    errand_work.reconcile(now - timedelta(seconds=50), now)
    errand.refresh_from_db()
    assert errand.state == "waiting"


def test_a_worker_that_says_good_bye_gives_its_errands_back(user):
    errand, other = running(user), running(user, "other")
    errand_work.give_back("box")
    errand.refresh_from_db()
    other.refresh_from_db()
    assert (errand.state, other.state) == ("waiting", "running")


def test_what_nobody_asks_about_is_cancelled(user):
    errand, wanted = errands.ask("echo", {}, user), errands.ask("echo", {}, user)
    Errand.objects.update(wanted_at=timezone.now() - timedelta(minutes=5))
    assert errands.look_at(wanted.pk, user).pk == wanted.pk
    errand_work.reconcile(LONG_AGO, timezone.now())
    errand.refresh_from_db()
    wanted.refresh_from_db()
    assert (errand.state, errand.reason) == ("cancelled", "nobody waits for it any more")
    assert wanted.state == "waiting"


def test_old_errands_are_deleted_open_ones_never(user):
    errands.cancel(errands.ask("echo", {}, user).pk)
    kept = errands.ask("echo", {}, user)
    assert errands.delete_old(timezone.now() + timedelta(hours=1)) == 0
    assert errands.delete_old(timezone.now() + timedelta(hours=3)) == 1
    assert list(Errand.objects.all()) == [kept]


def test_why_an_errand_waits(user):
    errand = errands.ask("echo", {}, user)
    assert errands.why_it_waits(errand) == "no worker is connected"
    record_heartbeat("box", "warming up", 1, 0, {})
    assert errands.why_it_waits(errand) == "the worker is warming up"
    record_heartbeat("box", "ready", 1, 0, {})
    assert errands.why_it_waits(errand) == ""
    third = [errands.ask("echo", {}, user) for _ in range(2)][1]
    assert errands.why_it_waits(third) == "2 ahead"
    errand_work.claim("box")
    errand.refresh_from_db()
    assert errands.why_it_waits(errand) == ""


@pytest.mark.parametrize("count", [1, 3])
def test_reconciling_costs_a_fixed_number_of_queries(user, count, django_assert_max_num_queries):
    for _ in range(count):
        running(user)
    with django_assert_max_num_queries(2):
        errand_work.reconcile(LONG_AGO, timezone.now())


@pytest.mark.django_db(transaction=True)
async def test_the_pages_of_the_person_who_asked_hear_of_it_and_no_others(user):
    from asgiref.sync import sync_to_async

    stranger = await sync_to_async(get_user_model().objects.create_user)("eve")
    mine, theirs = await sync_to_async(page)(user), await sync_to_async(page)(stranger)
    async with connected(mine, theirs):
        errand = await sync_to_async(running)(user)
        assert (await told(mine, "errand"))["errand"] == errand.pk
        await sync_to_async(errand_work.finish)(errand.pk, "box", 1, {})
        while (message := await told(mine, "errand"))["state"] != "done":
            pass
        assert message == {"type": "errand", "errand": errand.pk, "state": "done", "progress": ""}
        await told(theirs, "workers")
        assert await theirs.receive_nothing(timeout=0.2)
