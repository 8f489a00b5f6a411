"""What is asked of a run from its page: what is typed becomes a command, and what cannot be used is told."""

import pytest
from django.test import Client

from runs.models import Project, Run
from runs.states import State
from tests.dashboard.runs_for_tests import make_run

FETCH = {"x-requested-with": "fetch"}


@pytest.fixture
def run(project: Project) -> Run:
    return make_run(project, "vit")


def ask(client: Client, run: Run, verb: str, **form: str):
    return client.post(f"/r/{run.pk}/do/{verb}", form, headers=FETCH)


@pytest.mark.parametrize(
    ("verb", "form", "kind", "args"),
    [
        ("evaluate", {}, "evaluate", {}),
        ("pause", {}, "pause", {}),
        ("pause", {"how": "hold"}, "pause", {"hold": True}),
        ("pause", {"how": "idle"}, "pause", {"when_idle": True}),
        ("pause", {"how": "until", "until": "2096-12-24T18:00"}, "pause", {"until": "2096-12-24T18:00"}),
        ("learning_rate", {"rate": "3e-4"}, "learning_rate", {"set": 3e-4, "then": "schedule"}),
        ("learning_rate", {"rate": "1/2", "how": "hold"}, "learning_rate", {"set": 0.5, "then": "hold"}),
        ("learning_rate", {"rate": "1", "how": "restart", "warmup_steps": "20"}, "learning_rate",
         {"restart": 1.0, "warmup_steps": 20}),
        ("end", {"end": "1k", "unit": "steps"}, "end", {"max_steps": 1000}),
        ("end", {"end": "2.5", "unit": "epochs"}, "end", {"num_train_epochs": 2.5}),
        ("log_every", {"steps": "10"}, "log_every", {"steps": 10}),
        ("stop", {}, "stop", {"save": False}),
    ],
)  # fmt: skip
def test_what_is_typed_becomes_a_command(owner_client: Client, run: Run, verb, form, kind, args):
    answer = ask(owner_client, run, verb, **form)
    assert answer.status_code == 200, answer.json()
    assert answer.json()["text"].startswith("vit ")
    assert list(run.commands.values_list("kind", "args", "created_by")) == [(kind, args, "owner")]


@pytest.mark.parametrize(
    ("verb", "form", "reason"),
    [
        ("learning_rate", {}, "Give a learning rate, such as 3e-4."),
        ("learning_rate", {"rate": "fast"}, "“fast” is not a number."),
        ("learning_rate", {"rate": "-1"}, "set must be a number above 0"),
        ("pause", {"how": "until"}, "Say until when it pauses."),
        ("end", {"end": "10"}, "The run is at step 40 already"),
        ("end", {"end": "", "unit": "epochs"}, "Give a number of steps or epochs."),
        ("log_every", {"steps": "1.5"}, "Must be a whole number"),
    ],
)
def test_what_cannot_be_used_is_told_and_nothing_is_sent(owner_client: Client, run: Run, verb, form, reason):
    answer = ask(owner_client, run, verb, **form)
    assert answer.status_code == 409
    assert reason in answer.json()["text"]
    assert not run.commands.exists()


def test_a_command_to_an_ended_run_says_so(owner_client: Client, project: Project):
    run = make_run(project, "vit", state=State.FINISHED)
    assert "The run is finished: nothing to evaluate." in ask(owner_client, run, "evaluate").json()["text"]


def test_a_plain_form_goes_back_to_the_run_with_the_words(owner_client: Client, run: Run):
    answer = owner_client.post(f"/r/{run.pk}/do/learning_rate", {"rate": "fast"}, follow=True)
    assert "“fast” is not a number" in answer.content.decode()
