"""Clocks that are set back or stand still, on the training machine and on the server's."""

import math
from datetime import timedelta

import pytest
from django.utils import timezone

from runs import dispatch, series, uptime
from runs.ingest import Sender, apply_batch, heard, last_number
from runs.models import Attempt, Run, Worker
from runs.states import State
from runs.uptime import Uptime
from trainer_bridge.protocol import Batch, Exit, Metrics, Progress
from trainer_bridge.protocol import State as Said

pytestmark = [pytest.mark.faults, pytest.mark.django_db]

AHEAD = timedelta(hours=1)


@pytest.fixture
def attempt(project):
    run = Run.objects.create(project=project, name="r", state=State.STARTING)
    return Attempt.objects.create(run=run, number=1, token_hash="h")


@pytest.fixture
def sender(attempt):
    sender = Sender(attempt.pk, "trainer")
    last_number(sender)
    return sender


@pytest.fixture
def clocks(monkeypatch):
    """[wall, steady] in seconds, to be changed by the test."""
    now = [1000.0, 50.0]
    monkeypatch.setattr(uptime, "_clocks", lambda: tuple(now))
    return now


def test_a_training_whose_clock_goes_back_loses_no_point(sender, owner_client):
    """An hour back between step 4 and step 5."""
    times = [5000.0 + step - (3600 if step >= 5 else 0) for step in range(10)]
    events = [Said("running", time=times[0], max_steps=10)]
    for step, time in enumerate(times):
        events += [
            Metrics(step=step, time=time, values={"train/loss": float(step)}),
            Progress(step, time, max_steps=10),
        ]
    apply_batch(sender, Batch(1, [*events, Exit("finished", time=times[-1], step=9)]))
    run = Run.objects.get()
    assert (run.state, run.step) == (State.FINISHED, 9)
    assert run.speed is None or (math.isfinite(run.speed) and run.speed > 0)
    for axis in ("step", "wall", "relative"):
        (found,) = series.read([run.pk], ["train/loss"], x=axis)
        assert sorted(found.y.tolist()) == [float(step) for step in range(10)]
        assert found.x.tolist() == sorted(found.x.tolist())
    assert series.check() == []
    # Its pages show a run that "ended" before it started.
    for tab in ("charts", "overview", "console", "events"):
        assert owner_client.get(f"/r/{run.pk}/{tab}").status_code == 200


def test_after_the_servers_clock_was_set_back_a_living_run_is_heard(attempt, sender):
    Attempt.objects.update(heard_at=timezone.now() + AHEAD)
    heard(sender)
    assert abs(Attempt.objects.get().heard_at - timezone.now()) < timedelta(seconds=5)


def test_after_the_servers_clock_was_set_back_a_dead_run_is_found(attempt):
    Attempt.objects.update(heard_at=timezone.now() + AHEAD)
    Worker.objects.create(name="box", state="ready", heard_at=timezone.now() + AHEAD)
    dispatch.forget_the_future()
    assert Attempt.objects.get().heard_at <= timezone.now()
    assert Worker.objects.get().heard_at <= timezone.now()


@pytest.mark.parametrize(
    ("wall", "steady", "unbroken"),
    [
        (5.0, 5.0, True),
        (6.5, 6.5, True),  # a busy machine
        (65.0, 65.0, False),  # SIGSTOP
        (3600.0, 5.0, False),  # asleep, or the clock was set forward
        (-3600.0, 5.0, False),  # set back
    ],
)
def test_a_break_in_listening_is_noticed(clocks, wall, steady, unbroken):
    listening = Uptime(every=5.0)
    began = listening.since
    clocks[0] += wall
    clocks[1] += steady
    assert listening.look() is unbroken
    assert (listening.since > began) is not unbroken
    clocks[0] += 5
    clocks[1] += 5
    assert listening.look()
