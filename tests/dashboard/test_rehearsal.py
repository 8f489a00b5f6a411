"""The rehearsal on the New run page: begun with the form, shown beside it, known to be outdated."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.html import escape

from runs import dispatch, errand_work, errands
from runs.models import Attempt, Errand, Run
from runs.states import State
from runs.workers import record_heartbeat

URL = "/p/digits/new"
BATCH = "f-args-per_device_train_batch_size"
#: As docs/rehearsal.md describes it.
RESULT = {
    "model": "ViTForImageClassification",
    "parameters": 102_666,
    "trainable": 1_226,
    "steps": 400,
    "steps_per_epoch": 20,
    "epochs": 20.0,
    "batch": {"per_step": 64, "accumulation": 1, "processes": 1, "effective": 64},
    "seconds_per_step": 0.0145,
    "longest_step": 0.21,
    "longest_sample": 512,
    "losses": [2.5],
    "seconds": 75.0,
    "memory": {"device": "cpu", "total": 2**34, "training": 2**29, "evaluation": 2**28},
    "evaluation": {
        "samples": 180,
        "measured": 64,
        "seconds": 0.1,
        "times": 20,
        "metrics": ["loss", "accuracy"],
    },
    "checkpoint": {
        "bytes": 2**20,
        "measured": True,
        "saves": 20,
        "kept": 3,
        "disk": 3 * 2**20,
        "free": 2**36,
    },
    "optimizer": {
        "class": "AdamW",
        "groups": [
            {"name": "decayed", "weights": 101_440, "learning_rate": 0.002, "weight_decay": 0.05},
            {"name": "biases and norms", "weights": 1_226, "learning_rate": 0.002, "weight_decay": 0.0},
        ],
    },
    "dropped": ["idx", "note"],
    "problems": [],
    "cautions": {},
    "took": 1.25,
}


@pytest.fixture(autouse=True)
def _quiet(project, monkeypatch):
    monkeypatch.setattr(dispatch, "send_messages", lambda count: None)


@pytest.fixture
def ask(owner_client):
    """ask(fields) → (status, JSON) of Rehearse."""

    def post(**fields):
        fields = {key.replace("__", "."): value for key, value in fields.items()}
        answer = owner_client.post(f"{URL}/rehearse", {"recipe": "digits-vit", **fields})
        return answer.status_code, answer.json()

    return post


def finish(errand_id, **changes):
    errand_work.claim("box")
    assert errand_work.finish(errand_id, "box", 1, {**RESULT, **changes})


def check(client, errand_id, **fields):
    fields = {key.replace("__", "."): value for key, value in fields.items()}
    return client.post(f"{URL}/check", {"recipe": "digits-vit", "rehearsal": errand_id, **fields}).json()


def test_rehearse_asks_the_workers_for_the_form_as_it_is(ask, owner):
    status, said = ask(args__learning_rate="1e-3")
    errand = Errand.objects.get()
    assert (status, said) == (201, {"errand": errand.pk})
    assert (errand.kind, errand.recipe, errand.user) == ("rehearsal", "digits-vit", owner)
    assert errand.payload["spec"]["args"] == {"learning_rate": 0.001}
    assert Run.objects.count() == 0


def test_of_a_sweep_the_trial_that_needs_the_most_is_rehearsed(ask, owner_client):
    ask(
        sweep__params__hidden_size="1",
        list__params__hidden_size="32, 128, 64",
        sweep__args__seed="1",
        list__args__seed="1, 2",
    )
    spec = Errand.objects.get().payload["spec"]
    assert (spec["params"], spec["args"]) == ({"hidden_size": 128}, {"seed": 2})
    errand = Errand.objects.get().pk
    finish(errand)
    page = owner_client.get(f"{URL}/rehearsal/{errand}").content.decode()
    assert "the trial that needs the most: hidden_size 128, seed 2." in page


def test_a_form_with_problems_is_not_rehearsed(ask):
    status, said = ask(args__learning_rate="fast", params__hidden_size="5")
    assert status == 422
    assert said["error"] == "Fix 2 problems to rehearse."
    assert set(said["problems"]) == {"f-args-learning_rate", "f-params-hidden_size"}
    assert Errand.objects.count() == 0


def test_too_many_at_once_is_said(ask, monkeypatch):
    monkeypatch.setattr(errands, "MOST_OPEN", 1)
    ask()
    assert ask() == (
        422,
        {"error": "1 errands are open already. Wait for one of them, or cancel it.", "problems": {}},
    )


def test_the_report_reads_as_people_read_numbers(ask, owner_client):
    errand = ask()[1]["errand"]
    finish(errand)
    page = owner_client.get(f"{URL}/rehearsal/{errand}").content.decode()
    for text in (
        "It runs. Rehearsed in 1.2 s.",
        "1\u2009226 learn",
        "102\u2009666",
        "20 × 20 epochs =",
        "14\u2009ms",
        "longest batch 0.21\u2009s, 512 tokens",
        "≈ 1 min",
        "with 20 evaluations",
        "512 MiB",
        "3 at once of 20, 64.0 GiB free",
        "3.0 MiB",
        "idx, note",
        "AdamW",
        "biases and norms",
        "on 64 of 180",
    ):
        assert text in page


def test_problems_lead_to_their_fields_and_keep_their_traceback_folded(ask, owner_client):
    errand = ask()[1]["errand"]
    problems = [
        {"key": "args.per_device_train_batch_size", "sentence": "Too <large>.", "details": "Traceback …"},
        {"key": "recipe", "sentence": "RuntimeError: no", "details": ""},
    ]
    finish(errand, problems=problems, cautions={"args.logging_steps": "Stays empty."})
    page = owner_client.get(f"{URL}/rehearsal/{errand}").content.decode()
    assert "2 problems found" in page
    assert 'href="#f-args-per_device_train_batch_size"' in page
    assert "Too &lt;large&gt;." in page
    assert page.count("<details>") == 1
    assert 'href="#f-recipe"' in page
    assert 'href="#f-args-logging_steps"' in page


def test_a_rehearsal_that_reached_nothing_shows_what_there_is(ask, owner_client):
    errand = ask()[1]["errand"]
    errand_work.claim("box")
    errand_work.finish(errand, "box", 1, {"memory": {}, "problems": [], "cautions": {}, "took": 0.1})
    assert owner_client.get(f"{URL}/rehearsal/{errand}").status_code == 200


@pytest.mark.parametrize(
    ("reason", "output", "field"),
    [
        (
            "Its process was killed. A process that takes more memory than there is …",
            "step 1",
            "f-args-per_device_train_batch_size",
        ),
        (
            "Its process ended without a result, by signal 6.",
            "std::bad_alloc",
            "f-args-per_device_train_batch_size",
        ),
        ("KeyError: 'spec'", "Traceback", "f-recipe"),
    ],
)
def test_a_rehearsal_that_came_to_no_end_says_why_at_its_field(ask, owner_client, reason, output, field):
    errand = ask()[1]["errand"]
    errand_work.claim("box")
    errand_work.fail(errand, "box", 1, reason, output)
    page = owner_client.get(f"{URL}/rehearsal/{errand}").content.decode()
    assert f'href="#{field}"' in page
    assert escape(reason) in page
    assert output in page


def test_a_rehearsal_of_somebody_else_is_not_there(ask, client, django_user_model):
    errand = ask()[1]["errand"]
    client.force_login(django_user_model.objects.create_user("eve"))
    assert client.get(f"{URL}/rehearsal/{errand}").status_code == 404


def test_a_changed_form_outdates_it_and_changing_back_makes_it_fresh(ask, owner_client):
    errand = ask()[1]["errand"]
    assert check(owner_client, errand)["rehearsal"] == ""
    finish(errand)
    said = check(owner_client, errand)
    assert said["rehearsal"] == "fresh"
    assert "from the rehearsal" in said["summary"]
    assert said["launch"] == "Launch"
    said = check(owner_client, errand, args__learning_rate="1e-3")
    assert said["rehearsal"] == "outdated"
    assert "from the rehearsal" not in said["summary"]
    # What a run is called changes nothing that was rehearsed.
    assert check(owner_client, errand, name="another")["rehearsal"] == "fresh"


def test_with_problems_found_the_button_says_that_it_is_against_them(ask, owner_client):
    errand = ask()[1]["errand"]
    finish(errand, problems=[{"key": "recipe", "sentence": "no", "details": ""}])
    assert check(owner_client, errand)["launch"] == "Launch anyway"
    assert check(owner_client, errand, args__seed="9")["launch"] == "Launch"
    assert check(owner_client, errand, args__seed="x")["launch"] == "Fix 1 problem to launch"


def test_the_estimate_comes_from_similar_runs_without_a_rehearsal(owner_client, project):
    start = timezone.now()
    for seconds in (34 * 60, 41 * 60):
        run = Run.objects.create(
            project=project,
            state=State.FINISHED,
            spec={"recipe": "digits-vit", "params": {}, "args": {"seed": seconds}},
            started_at=start,
            ended_at=start + timedelta(seconds=seconds),
        )
        Attempt.objects.create(run=run, number=1, token_hash=run.pk)
    summary = check(owner_client, "")["summary"]
    assert "from 2 similar runs" in summary
    assert "34–41 min" in summary


def test_the_estimate_of_a_sweep_counts_its_rounds(ask, owner_client):
    record_heartbeat("box", "ready", 2, 0, {})
    sweep = {"sweep__args__seed": "1", "list__args__seed": "1, 2, 3"}
    errand = ask(**sweep)[1]["errand"]
    finish(errand)
    said = check(owner_client, errand, **sweep)
    assert said["sweep"]
    # Three trials, two at once: two rounds of 75 s.
    assert "at most 2 min" in said["summary"]


def test_nobody_knows_how_long_without_either(owner_client):
    assert "Estimated time" not in check(owner_client, "")["summary"]


@pytest.mark.parametrize("count", [1, 3])
def test_the_check_costs_the_same_however_many_similar_runs(
    ask, owner_client, project, count, django_assert_max_num_queries
):
    start = timezone.now()
    for number in range(count):
        spec = {"recipe": "digits-vit", "args": {"seed": number}}
        ended = {"started_at": start, "ended_at": start + timedelta(seconds=60)}
        run = Run.objects.create(project=project, state=State.FINISHED, spec=spec, **ended)
        Attempt.objects.create(run=run, number=1, token_hash=run.pk)
    errand = ask()[1]["errand"]
    finish(errand)
    with django_assert_max_num_queries(10):
        assert check(owner_client, errand)["rehearsal"] == "fresh"
    with django_assert_max_num_queries(10):
        assert "similar run" in check(owner_client, errand, args__learning_rate="1e-3")["summary"]
