"""Going on with other settings: what differs is said with its effect, and has to be meant."""

import pytest
from django.test import Client

from runs.access import issue_api_token
from runs.dispatch import claim_next
from runs.errors import RunError, SpecError
from runs.launch import resume_run
from runs.models import Attempt, Command, Run
from runs.resume import ResumeDiffers, plan_resume, settings_of
from runs.states import State
from runs.timeline import timeline
from runs.workers import record_heartbeat
from tests.runs.checkpoints.folders import new_checkpoint, new_run, write_checkpoint

pytestmark = pytest.mark.django_db
RATE = {"args.learning_rate": 0.0005}


@pytest.fixture
def run(settings, tmp_path):
    """Stopped at step 40 of 80, with a checkpoint at step 20 that its first attempt wrote."""
    settings.RUNS_DIR = tmp_path
    run = new_run(state=State.STOPPED, step=40, max_steps=80, num_train_epochs=4.0)
    folder = write_checkpoint(tmp_path / run.pk / "checkpoints" / "checkpoint-20", 20)
    files = [[path.name, path.stat().st_size] for path in sorted(folder.iterdir())]
    new_checkpoint(run, 20, files=files)
    Attempt.objects.create(run=run, number=1, token_hash="x", config=settings_of(run.spec))
    return run


def plan(run, **changes):
    return plan_resume(run, run.checkpoints.get(), {f"args.{key}": value for key, value in changes.items()})


def test_without_changes_nobody_is_asked(run, user):
    resume_run(run, user)
    run.refresh_from_db()
    assert run.state == State.QUEUED
    assert (Command.objects.get().kind, Command.objects.get().created_by) == ("resume", "ada")
    assert [event.person for event in timeline(run) if event.text == "Resume"] == [True]
    Command.objects.update(created_by="")
    assert [event.person for event in timeline(run) if event.text == "Resume"] == [False], "at its hour"


def test_changed_settings_are_listed_and_nothing_happens_until_they_are_meant(run, user):
    with pytest.raises(ResumeDiffers, match="go on from step 20, but one setting differs") as asks:
        resume_run(run, user, RATE)
    (difference,) = asks.value.plan.differences
    assert (difference.key, difference.after) == ("args.learning_rate", 0.0005)
    assert "first step still has the checkpoint's rate" in difference.effect
    run.refresh_from_db()
    assert (run.state, run.spec) == (State.STOPPED, {"recipe": "digits-vit"})
    resume_run(run, user, RATE, confirmed=True)
    run.refresh_from_db()
    assert (run.state, run.spec["args"]) == (State.QUEUED, {"learning_rate": 0.0005})
    texts = [event.text for event in timeline(run)]
    assert "Resume with learning_rate 2e-3 → 5e-4" in texts


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"num_train_epochs": 8.0}, "The schedule stretches over the new end"),
        ({"per_device_train_batch_size": 32}, "The place in the epoch"),
        ({"seed": 7}, "The order of the rows"),
        ({"lr_scheduler_type": "linear"}, "goes on at its step 20"),
        ({"logging_steps": 3}, "Counts from step 20 on."),
    ],
)
def test_each_difference_says_what_it_does(run, changes, said):
    (difference,) = plan(run, **changes).differences
    assert said in difference.effect


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"args.optim": "sgd"}, "fixed by the checkpoint"),
        ({"params.hidden_size": 8}, "fixed by the checkpoint"),
        ({"args.learning_rate": -1.0}, "above 0"),
        ({"args.num_train_epochs": 1.0}, "at step 20 already"),
        ({"args.max_steps": 20}, "at step 20 already"),
        ({"args.lerning_rate": 1.0}, ""),
    ],
)
def test_what_cannot_change_is_refused_at_its_field(run, changes, said):
    with pytest.raises(SpecError) as refused:
        resume_run(run, None, changes, confirmed=True)
    ((key, sentence),) = refused.value.problems.items()
    assert key == next(iter(changes))
    assert said in sentence
    run.refresh_from_db()
    assert run.state == State.STOPPED


def test_a_recipe_that_changed_meanwhile_is_asked_about(run):
    Attempt.objects.update(config=settings_of(run.spec) | {"params.hidden_size": 7})
    with pytest.raises(ResumeDiffers) as asks:
        resume_run(run)
    (difference,) = asks.value.plan.differences
    assert (difference.before, "may not load" in difference.effect) == (7, True)


def test_the_next_attempt_puts_its_own_settings_over_the_checkpoints(run):
    record_heartbeat("box", "ready", 1, 0, {})
    Attempt.objects.update(ended_at=run.created_at)
    resume_run(run, None, RATE, confirmed=True)
    claim = claim_next("box")
    assert (claim.attempt, claim.forked, claim.resume_from) == (2, True, "checkpoints/checkpoint-20")
    assert Attempt.objects.get(number=2).config["args.learning_rate"] == 0.0005


def test_an_attempt_with_the_same_settings_is_restored_as_it_was(run):
    record_heartbeat("box", "ready", 1, 0, {})
    resume_run(run)
    assert claim_next("box").forked is False


def test_over_rest_the_differences_are_a_conflict_until_they_are_confirmed(run, user, client: Client):
    _, token = issue_api_token(user, "t", ["write"])
    path, head = f"/api/v1/runs/{run.pk}/resume", {"Authorization": f"Bearer {token}"}

    def ask(body):
        return client.post(path, body, content_type="application/json", headers=head)

    asked = ask({"set": RATE})
    assert asked.status_code == 409
    assert asked.json()["differences"][0]["after"] == 0.0005
    assert "0.002 → 0.0005" in asked.json()["problems"]["args.learning_rate"]
    assert ask({"set": RATE, "confirm": True}).status_code == 200
    assert Run.objects.get(pk=run.pk).state == State.QUEUED


def test_a_paused_run_that_would_differ_waits_for_a_person(run):
    Run.objects.filter(pk=run.pk).update(
        state=State.PAUSED, spec={"recipe": "digits-vit", "args": {"seed": 1}}
    )
    run.refresh_from_db()
    with pytest.raises(RunError, match="differs"):
        resume_run(run)


class TestPage:
    @pytest.fixture
    def page(self, user):
        client = Client()
        client.force_login(user)
        return client

    def test_what_was_changed_is_shown_and_agreed_to(self, run, page):
        address = f"/r/{run.pk}/resume"
        assert 'name="args.learning_rate"' in page.get(address).content.decode()
        asked = page.post(address, {"args.learning_rate": "5e-4"}).content.decode()
        assert "Settings differ" in asked
        seen = '[["args.learning_rate", 0.0005]]'
        other = page.post(address, {"args.learning_rate": "4e-4", "confirm": "1", "seen": seen})
        assert "Settings differ" in other.content.decode(), "not what was shown"
        done = page.post(address, {"args.learning_rate": "5e-4", "confirm": "1", "seen": seen})
        assert done.status_code == 303
        assert Run.objects.get(pk=run.pk).spec["args"] == {"learning_rate": 0.0005}

    def test_a_wrong_value_is_told_and_kept(self, run, page):
        answer = page.post(f"/r/{run.pk}/resume", {"args.learning_rate": "fast"})
        assert answer.status_code == 422
        assert 'value="fast"' in answer.content.decode()

    def test_a_run_that_cannot_be_resumed_says_why(self, run, page):
        Run.objects.update(state=State.FINISHED)
        answer = page.get(f"/r/{run.pk}/resume")
        assert (answer.status_code, "is finished" in answer.content.decode()) == (409, True)

    def test_the_button_asks_where_something_differs_already(self, run, page):
        Run.objects.update(spec={"recipe": "digits-vit", "args": {"seed": 1}})
        asked = page.post(f"/r/{run.pk}/do/resume", headers={"X-Requested-With": "fetch"})
        assert (asked.status_code, "seed" in asked.json()["ask"]["html"]) == (409, True)
        assert page.post(f"/r/{run.pk}/do/resume").url == f"/r/{run.pk}/resume"
        page.post(f"/r/{run.pk}/do/resume", {"confirm": "1"})
        assert Run.objects.get().state == State.QUEUED
