"""What is asked of a run from its page: what is typed becomes a command, and what cannot be used is told."""

import pytest
from django.test import Client

from runs.models import Project, Run
from runs.series import append
from runs.states import State
from tests.dashboard.runs_for_tests import make_run
from trainer_bridge.protocol import Metrics

RATE = "train/learning_rate"
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
        ("learning_rate", {"rate": "-1"}, "A learning rate must be above 0, not -1."),
        ("pause", {"how": "until"}, "Choose the date and time at which it goes on."),
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


class TestRatePreview:
    """The drawing of a change of the learning rate, before it is asked for."""

    @pytest.fixture
    def training(self, project):
        spec = {"lr_scheduler_type": "linear", "learning_rate": 4e-4, "warmup_steps": 0}
        run = make_run(project, "vit", args=spec)
        logged = {20: 4e-4 * 0.81, 40: 4e-4 * 0.61}
        append(run.pk, 2, [Metrics(step, float(step), {RATE: rate}) for step, rate in logged.items()])
        return run

    def ask(self, client, run, **wish):
        return client.get(f"/r/{run.pk}/rate-preview", wish).content.decode()

    def test_the_change_is_drawn_beside_the_plan(self, owner_client, training):
        page = self.ask(owner_client, training, how="schedule", rate="1.2e-4")
        assert page.count("<polyline") == 3
        assert 'class="wanted" points="128.0' in page, "from the next step on"
        assert "from the next step 1.2e-4, at the end 0" in page
        assert "keeps its shape" in page
        assert "as event A" in page

    def test_held_it_ends_where_it_is_put(self, owner_client, training):
        assert "at the end 1.2e-4" in self.ask(owner_client, training, how="hold", rate="1.2e-4")

    def test_what_cannot_be_read_draws_the_plan_alone(self, owner_client, training):
        for rate in ("", "fast", "-1"):
            assert 'class="wanted" points=""' in self.ask(owner_client, training, how="hold", rate=rate)

    def test_changes_made_before_are_in_the_plan(self, owner_client, training):
        made = {"op": "scale", "factor": 0.5, "step": 30, "before": 2.8e-4, "after": 1.4e-4}
        training.commands.create(kind="learning_rate", status="applied", step=30, result=made)
        page = self.ask(owner_client, training, how="schedule", rate="1.2e-4")
        assert "from the next step 1.2e-4" in page

    def test_a_schedule_that_follows_a_metric_is_not_drawn(self, owner_client, training):
        training.spec["args"]["lr_scheduler_type"] = "reduce_lr_on_plateau"
        training.save()
        assert "not known beforehand" in self.ask(owner_client, training, how="hold", rate="1e-4")
