"""Claims, the queue, and what the reconciler repeats."""

import json
import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from dashboard.celery import make_app
from runs import dispatch, tasks, workers
from runs.access import hash_token
from runs.dispatch import claim_next, give_up_silent_runs, reconcile
from runs.models import Attempt, Command, Run, Worker
from runs.states import State
from runs.workers import SlotsOverview, queue_reason, record_heartbeat, slots_overview

LONG_AGO = timezone.now() - timedelta(hours=1)


@pytest.fixture
def looks(monkeypatch):
    """The messages that were sent to the broker."""
    sent = []

    class App:
        def send_task(self, name, **options):
            sent.append(name)

    monkeypatch.setattr(dispatch, "import_string", lambda path: App())
    return sent


@pytest.mark.django_db
def test_the_oldest_queued_run_is_claimed_with_a_token_of_its_own(make_run):
    first, second = make_run(), make_run()
    claim = claim_next("box")
    assert (claim.run, claim.name, claim.attempt, claim.resume_from) == (first.pk, first.name, 1, None)
    assert claim.spec == {"recipe": "digits-vit"}
    assert Attempt.objects.get().token_hash == hash_token(claim.token)
    first.refresh_from_db()
    assert (first.state, first.worker) == ("starting", "box")
    assert claim_next("box").run == second.pk
    assert claim_next("box") is None


@pytest.mark.django_db(transaction=True)
def test_workers_that_claim_at_once_get_each_run_once(make_run):
    runs = {make_run().pk for _ in range(6)}
    ready, claims = threading.Barrier(3), []

    def work(name):
        ready.wait()
        while (claim := claim_next(name)) is not None:
            claims.append(claim.run)
        connection.close()

    threads = [threading.Thread(target=work, args=(f"box{i}",)) for i in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(claims) == sorted(runs)
    assert Attempt.objects.count() == 6


@pytest.mark.django_db
def test_a_run_claimed_again_begins_anew_without_a_checkpoint(make_run, make_attempt):
    run = make_run(State.QUEUED, step=70, speed=3.0, traceback="old")
    make_attempt(run)
    command = Command.objects.create(run=run, kind="stop")
    claim = claim_next("box")
    assert (claim.attempt, claim.resume_from) == (2, None)
    run.refresh_from_db()
    assert (run.step, run.speed, run.traceback) == (0, None, "")
    command.refresh_from_db()
    assert (command.status, command.reason) == ("refused", "the attempt it was meant for is over")


@pytest.mark.django_db
def test_a_run_claimed_again_goes_on_from_its_checkpoint(make_run, make_attempt, monkeypatch):
    run = make_run(State.QUEUED, step=70)
    make_attempt(run)
    checkpoint = run.checkpoints.create(
        id="c", attempt=1, step=40, path="checkpoints/checkpoint-40", created_at=timezone.now()
    )
    monkeypatch.setattr(dispatch, "resumable", lambda run: checkpoint)
    assert claim_next("box").resume_from == "checkpoints/checkpoint-40"
    run.refresh_from_db()
    assert run.step == 40


@pytest.mark.django_db
def test_a_silent_run_is_crashed_with_the_reason(make_run, make_attempt):
    silent, heard = make_run(State.RUNNING, worker="box"), make_run(State.RUNNING)
    make_attempt(silent)
    make_attempt(heard)
    Attempt.objects.filter(run=silent).update(heard_at=LONG_AGO)
    assert give_up_silent_runs(LONG_AGO) == 1
    silent.refresh_from_db()
    heard.refresh_from_db()
    assert (silent.state, silent.reason) == ("crashed", "no word from worker box for 60 s")
    assert heard.state == "running"


@pytest.mark.django_db
def test_time_while_the_server_was_down_does_not_count(make_run, make_attempt):
    run = make_run(State.RUNNING)
    make_attempt(run)
    Attempt.objects.update(heard_at=LONG_AGO)
    assert give_up_silent_runs(timezone.now() - timedelta(seconds=30)) == 0


@pytest.mark.django_db
def test_the_newest_attempt_decides(make_run, make_attempt):
    run = make_run(State.RUNNING)
    make_attempt(run, 1)
    make_attempt(run, 2)
    Attempt.objects.filter(number=1).update(heard_at=LONG_AGO)
    assert give_up_silent_runs(LONG_AGO) == 0


@pytest.mark.django_db
def test_a_lost_message_is_repeated_while_slots_are_free(make_run, looks):
    make_run()
    reconcile(LONG_AGO)
    assert looks == []
    record_heartbeat("box", "ready", 2, 0, {})
    reconcile(LONG_AGO)
    assert looks == ["runs.look"]
    make_run(State.RUNNING)
    make_run(State.RUNNING)
    reconcile(LONG_AGO)
    assert looks == ["runs.look"]


@pytest.mark.django_db
def test_a_sweep_sends_a_message_for_each_free_slot(make_run, looks, django_capture_on_commit_callbacks):
    for _ in range(5):
        make_run()
    record_heartbeat("box", "ready", 3, 0, {})
    with django_capture_on_commit_callbacks(execute=True):
        dispatch.announce()
        assert looks == []
    assert looks == ["runs.look"] * 3


@pytest.mark.django_db
def test_a_broker_that_is_away_does_not_fail_a_launch(make_run, monkeypatch, caplog, tmp_path):
    make_run()
    app = make_app("redis://127.0.0.1:1/0", tmp_path)
    monkeypatch.setattr(dispatch, "import_string", lambda path: app)
    dispatch.send_looks()
    assert "the broker could not be told about queued runs" in caplog.text


@pytest.mark.django_db
def test_a_message_through_the_folder_reaches_the_task(tmp_path, make_run, monkeypatch):
    make_run()
    app = make_app("filesystem://", tmp_path)
    monkeypatch.setattr(dispatch, "import_string", lambda path: app)
    dispatch.send_looks()
    with app.connection_for_read() as broker:
        message = broker.SimpleQueue("celery").get(timeout=2)
        message.ack()
    assert message.headers["task"] == tasks.look.name == "runs.look"


def test_the_task_lets_the_agent_of_its_process_look(monkeypatch):
    class Agent:
        looked = 0

        def look(self):
            self.looked += 1

    agent = Agent()
    monkeypatch.setattr(tasks, "_agent", None)
    with pytest.raises(RuntimeError, match="was not started with"):
        tasks.look()
    tasks.set_agent(agent)
    tasks.look()
    assert agent.looked == 1


@pytest.mark.django_db
def test_slots_are_counted_over_connected_workers(make_run):
    record_heartbeat("a", "ready", 2, 1, {})
    record_heartbeat("b", "ready", 1, 0, {})
    record_heartbeat("c", "gone", 8, 0, {})
    make_run(State.RUNNING)
    make_run(State.QUEUED)
    assert slots_overview() == SlotsOverview(total=3, busy=1, queued=1, warming=False)


@pytest.mark.django_db
def test_silent_workers_are_gone():
    record_heartbeat("a", "ready", 2, 1, {})
    record_heartbeat("b", "ready", 1, 0, {})
    Worker.objects.filter(name="a").update(heard_at=LONG_AGO)
    assert workers.mark_gone(timezone.now()) == 0
    assert workers.mark_gone(LONG_AGO) == 1
    assert slots_overview().total == 1


@pytest.mark.django_db
def test_only_a_changed_heartbeat_is_told(django_capture_on_commit_callbacks):
    def told(*beat):
        with django_capture_on_commit_callbacks() as callbacks:
            record_heartbeat("a", *beat, {})
        return len(callbacks)

    assert [told("ready", 2, 0), told("ready", 2, 0), told("ready", 2, 1)] == [1, 0, 1]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("overview", "reason"),
    [
        (SlotsOverview(0, 0, 1, False), "no worker is connected"),
        (SlotsOverview(2, 0, 1, True), "the worker is warming up"),
        (SlotsOverview(2, 2, 1, False), "waits for a device slot: 2 of 2 busy"),
        (SlotsOverview(2, 1, 1, False), ""),
    ],
)
def test_why_a_queued_run_waits(overview, reason):
    assert queue_reason(overview) == reason


@pytest.mark.django_db
def test_reconciling_costs_a_fixed_number_of_queries(
    make_run, make_attempt, django_assert_max_num_queries, looks
):
    for _ in range(3):
        make_attempt(make_run(State.RUNNING))
    assert Run.objects.count() == 3
    with django_assert_max_num_queries(5):
        reconcile(LONG_AGO)


def test_a_message_in_the_folder_is_whole_from_the_start(tmp_path, monkeypatch):
    """A reader looks for files that end in .msg; none may be there before it is complete."""
    app = make_app("filesystem://", tmp_path)
    seen = []

    def replace(part, name):
        seen.append((json.loads(part.read_text())["headers"]["task"], list(tmp_path.glob("messages/*.msg"))))
        part.rename(name)

    monkeypatch.setattr("dashboard.folder_broker.os.replace", replace)
    app.send_task(dispatch.LOOK)
    assert seen == [("runs.look", [])]
    assert len(list(tmp_path.glob("messages/*.msg"))) == 1
