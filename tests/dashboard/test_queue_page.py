"""Queue and workers: what the page says, and what is asked of it."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from runs import catalog, refusals, slot_use
from runs.models import ApiToken, Attempt, Project, Run, Worker
from runs.series import append
from runs.states import State
from runs.workers import record_heartbeat
from tests.dashboard.runs_for_tests import add_checkpoint, make_run
from trainer_bridge.protocol import Metrics

FETCH = {"x-requested-with": "fetch"}


def seen(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


@pytest.mark.parametrize("count", [1, 3])
def test_the_number_of_queries_is_fixed(
    owner_client: Client,
    project: Project,
    django_assert_max_num_queries: DjangoAssertNumQueries,
    count: int,
):
    for n in range(count):
        record_heartbeat(f"box{n}", "ready", 2, 1, {"cores": 2, "memory": 4.0})
        for state in (State.RUNNING, State.QUEUED, State.FINISHED):
            make_run(project, f"{state} {n}", state=state, worker=f"box{n}")
    with django_assert_max_num_queries(24):
        answer = owner_client.get("/queue")
    assert answer.status_code == 200


def test_it_says_what_trains_what_waits_and_why(owner_client: Client, project: Project):
    record_heartbeat("box", "ready", 1, 1, {"cores": 2, "memory": 4.0})
    make_run(project, "first", worker="box", speed=2.0)
    make_run(project, "second", state=State.QUEUED)
    page = seen(owner_client.get("/queue"))
    assert "40.0 %" in page
    assert "Waits for a device slot: 1 of 1 busy." in page
    assert "1 of 1 device slots in use" in page
    Worker.objects.update(state="gone")
    page = seen(owner_client.get("/queue", headers=FETCH))
    assert "No worker is connected." in page
    assert "silent for" in page


def test_it_says_how_the_slots_were_used_over_the_day(owner_client: Client, project: Project):
    record_heartbeat("box", "ready", 2, 0, {"cores": 2, "memory": 4.0})
    assert "last 24 h" not in seen(owner_client.get("/queue"))
    run = make_run(project, "long", worker="box", state=State.FINISHED)
    now = timezone.now()
    attempt = Attempt.objects.create(run=run, number=9, token_hash="x", worker="box")
    Attempt.objects.filter(pk=attempt.pk).update(started_at=now - timedelta(hours=12), ended_at=now)
    slot_use.forget()
    answer = owner_client.get("/queue")
    assert "Device slots used, last 24 h mean 0.5 of 2" in seen(answer)
    assert '<polyline points="2.0,18.0 4.5,18.0' in answer.content.decode()
    # A minute of a day is no curve to look at.
    Attempt.objects.filter(pk=attempt.pk).update(started_at=now - timedelta(minutes=1))
    slot_use.forget()
    assert "last 24 h" not in seen(owner_client.get("/queue"))


def test_a_queued_run_is_moved_raised_and_cancelled(owner_client: Client, project: Project):
    record_heartbeat("box", "ready", 1, 0, {})
    runs = [make_run(project, name, state=State.QUEUED) for name in "abc"]
    post = owner_client.post
    assert post(f"/queue/{runs[2].pk}/next", headers=FETCH).json() == {"text": "c runs next"}
    assert post(f"/queue/{runs[0].pk}/move", {"before": ""}, headers=FETCH).status_code == 200
    assert post(f"/queue/{runs[1].pk}/priority", {"priority": "high"}, headers=FETCH).status_code == 200
    shown = re.findall(r'data-queued="(\w+)"', owner_client.get("/queue").content.decode())
    assert shown == [runs[1].pk, runs[2].pk, runs[0].pk]
    assert post(f"/queue/{runs[1].pk}/cancel", headers=FETCH).json() == {"text": "b was cancelled"}
    refused = post(f"/queue/{runs[1].pk}/next", headers=FETCH)
    assert (refused.status_code, "has no place in the queue" in refused.json()["text"]) == (409, True)
    wrong = post(f"/queue/{runs[0].pk}/priority", {"priority": "urgent"}, headers=FETCH)
    assert wrong.json()["text"] == "The priorities are high, normal, low, not “urgent”."
    assert post(f"/queue/{runs[0].pk}/dance").status_code == 404


def test_a_worker_is_drained_and_forgotten(owner_client: Client):
    record_heartbeat("box", "ready", 1, 0, {})
    worker = Worker.objects.get()
    owner_client.post(f"/workers/{worker.pk}/drain", headers=FETCH)
    assert Worker.objects.get().draining
    assert owner_client.post(f"/workers/{worker.pk}/forget", headers=FETCH).status_code == 409
    owner_client.post(f"/workers/{worker.pk}/undrain", headers=FETCH)
    assert not Worker.objects.get().draining
    Worker.objects.update(state="gone")
    owner_client.post(f"/workers/{worker.pk}/forget", headers=FETCH)
    assert owner_client.post(f"/workers/{worker.pk}/forget", headers=FETCH).status_code == 404


def test_a_worker_s_card_says_what_it_declares_and_lacks(owner_client: Client, project: Project):
    info = {
        "labels": ["a100", "big"],
        "threads": 4,
        "largest": 2,
        "devices": ["H100"],
        "sharing": 2,
        "has": {"gpus": 1},
    }
    record_heartbeat("box", "ready", 2, 0, info)
    catalog.report("box", b'{"folders": {}, "recipes": [], "problems": []}')
    run = make_run(project, "wide", worker="box")
    Run.objects.filter(pk=run.pk).update(spec={"recipe": "digits-vit", "launch": {"slots": 2}})
    own = make_run(project, "own", state=State.QUEUED)
    Run.objects.filter(pk=own.pk).update(spec={"recipe": "mine"})
    page = seen(owner_client.get("/queue"))
    assert "a100 big" in page
    assert "2 device slots of 4 threads , 1 GPU , 2 runs share one" in re.sub(r" ?, ?", " , ", page)
    assert page.count("wide H100") == 2
    assert "Queued runs need mine, which this worker has not." in page


def test_a_worker_that_is_turned_away_is_shown_with_the_reason(owner_client: Client):
    refusals.note_refusal("box", "This API token is unknown or was revoked.", "10.0.0.7")
    page = seen(owner_client.get("/queue"))
    assert "No worker was let in yet." in page
    assert "box 10.0.0.7 turned away" in page
    assert "This API token is unknown or was revoked. It keeps trying" in page


def test_when_a_run_starts_that_no_worker_can_take_is_unknown(owner_client: Client, project: Project):
    record_heartbeat("box", "ready", 1, 0, {"largest": 1})
    run = make_run(project, "picky", state=State.QUEUED)
    Run.objects.filter(pk=run.pk).update(spec={"recipe": "digits-vit", "launch": {"labels": "a100"}})
    page = seen(owner_client.get("/queue"))
    assert "No connected worker has the label a100; none has any. unknown expected start" in page


def test_a_token_for_a_worker_is_shown_once(owner_client: Client):
    page = owner_client.post("/workers/add").content.decode()
    token = re.search(r"TRAINBOARD_WORKER_TOKEN=(tb_\S+)", page)[1]
    assert "manage.py worker --server http://testserver" in page
    assert ApiToken.objects.get().scopes == ["worker"]
    assert token not in owner_client.get("/queue").content.decode()


def test_the_queue_needs_a_log_in(client: Client, project: Project):
    run: Run = make_run(project, "a", state=State.QUEUED)
    assert client.get("/queue").headers["location"].startswith("/login/")
    assert client.post(f"/queue/{run.pk}/next").headers["location"].startswith("/login/")


def test_a_held_run_trains_on_paper_only_while_it_is_paused(owner_client: Client, project: Project):
    make_run(project, "held", state=State.PAUSED, is_held=True)
    make_run(project, "lost", state=State.CRASHED, is_held=True)  # held when its worker went away
    rows = re.findall(r'data-watch="(\w+)"', owner_client.get("/queue").content.decode())
    assert rows == [Run.objects.get(name="held").pk]


def test_the_queue_is_held_and_released(owner_client: Client, owner, project: Project):
    record_heartbeat("box", "ready", 2, 0, {})
    make_run(project, "waits", state=State.QUEUED)
    assert "is held" in owner_client.post("/queue/hold", headers=FETCH).json()["text"]
    page = seen(owner_client.get("/queue"))
    assert "The queue is held by owner" in page
    assert "The queue is held by owner." in page, "as the reason of what waits"
    assert "queue held" in seen(owner_client.get("/p/digits/sweeps")), "in the top bar of every page"
    assert owner_client.get("/api/v1/queue").json()["held_by"] == "owner"
    owner_client.post("/queue/release")
    assert "queue held" not in seen(owner_client.get("/queue"))
    assert owner_client.get("/api/v1/queue").json()["held_by"] is None


def test_what_ended_says_its_best_value_and_what_may_be_done(owner_client: Client, project: Project):
    record_heartbeat("box", "ready", 1, 0, {})
    make_run(project, "good", state=State.FINISHED)
    failed = make_run(project, "bad", state=State.FAILED, reason="ValueError: no", console_lines=3)
    crashed = make_run(project, "gone", state=State.CRASHED)
    add_checkpoint(crashed, 20, 0.9)
    make_run(project, "unsaved", state=State.CRASHED)
    answer = owner_client.get("/queue")
    page = answer.content.decode()
    assert "finished 0.9000 eval/accuracy" in seen(answer)
    assert f'href="/r/{failed.pk}/console/error"' in page
    assert re.findall(r'action="/r/(\w+)/do/resume"', page) == [crashed.pk]
    assert "Resume from 20" in page


def test_a_slot_says_what_its_run_uses_and_a_queued_run_what_it_asks_for(
    owner_client: Client, project: Project
):
    record_heartbeat("box", "ready", 1, 1, {"cores": 2})
    run = make_run(project, "first", worker="box")
    append(run.pk, 1, [Metrics(41, 41.0, {"system/cpu": 96.0, "system/memory": 1.25})])
    waiting = make_run(project, "second", state=State.QUEUED)
    waiting.spec["launch"] = {"slots": 4, "labels": "a100"}
    waiting.save()
    page = seen(owner_client.get("/queue"))
    assert "CPU 96 %" in page
    assert "1.3 GiB" in page
    assert "4 device slots, a100" in page
