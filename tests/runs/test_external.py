"""Runs that were started elsewhere: joining, what pages make of a run without a recipe, what is refused."""

import json

import pytest
from django.test import Client

from dashboard.exports.csv_file import csv_lines
from dashboard.exports.rows import plan
from runs import access, ingest, series
from runs.compare import compare
from runs.errors import RunError
from runs.external import Wish, join
from runs.fairness import fairness
from runs.ingest import Sender, apply_batch, last_number
from runs.launch import rerun, resume_run
from runs.models import Attempt, ConsoleBlock, Project, Run, RunWarning
from runs.projects import project_called
from runs.specs import changed_config, effective_config
from runs.states import State, transition
from runs.workers import slots_overview
from trainer_bridge.protocol import Batch, Checkpoint, Console, ConsoleLine, Environment, Metrics

pytestmark = pytest.mark.django_db


@pytest.fixture
def token(user):
    return access.issue_api_token(user, "ci", ["write"])


def start(token, **body):
    headers = {"Authorization": f"Bearer {token[1]}"}
    return Client().post(
        "/api/v1/runs/start", json.dumps(body), content_type="application/json", headers=headers
    )


def external(project, **wish):
    return join(project, Wish(**wish))


def send(joined, *events, source="trainer"):
    sender = Sender(joined.run.attempts.get(number=joined.attempt).pk, source)
    return apply_batch(sender, Batch(last_number(sender) + 1, list(events)))


def test_a_run_joins_in_a_project_that_is_made_for_it(token):
    answer = start(
        token, project="My Project", name="first", tags=["a"], config={"lr": 1e-3}, host="box"
    ).json()
    run = Run.objects.get(pk=answer["run"])
    assert (run.name, run.tags, run.state, run.worker) == ("first", ["a"], State.STARTING, "box")
    assert (run.project.slug, run.is_external, answer["attempt"]) == ("my-project", True, 1)
    assert answer["url"].endswith(f"/r/{run.pk}")
    assert access.attempt_for(answer["token"]).run == run
    assert start(token, project="my-project").json()["run"] != run.pk
    assert Project.objects.count() == 1


def test_joining_again_makes_no_second_run(token):
    first = start(token, project="p", id="abcdefgh12", attempt=1).json()
    again = start(token, project="p", id="abcdefgh12", attempt=1).json()
    assert (first["run"], first["attempt"]) == (again["run"], again["attempt"]) == ("abcdefgh12", 1)
    assert first["token"] != again["token"]
    # Each process of the attempt has its own secret, and all are in force.
    assert access.attempt_for(first["token"]) == access.attempt_for(again["token"])
    assert Attempt.objects.count() == 1


def test_a_revoked_api_token_closes_what_was_given_out_on_it(token):
    answer = start(token, project="p").json()
    access.revoke_api_tokens("ci")
    assert access.attempt_for(answer["token"]) is None
    assert start(token, project="p").status_code == 401


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"id": "../../etc"}, "id"),
        ({"id": "a"}, "id"),
        ({"name": "x" * 200}, "name"),
        ({"tags": ["x" * 50]}, "tags"),
        ({"project": "日本"}, "name"),
        ({"attempt": 0}, "attempt"),
        ({"config": {str(i): i for i in range(2001)}}, "config"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(token, body, field):
    answer = start(token, **{"project": "p", **body})
    assert answer.status_code == 422
    assert any(name.endswith(field) for name in answer.json()["problems"])
    assert not Run.objects.exists()


def test_reading_needs_no_more_than_the_scope(user):
    assert start(access.issue_api_token(user, "r", ["read"]), project="p").status_code == 403


def test_a_workers_run_cannot_be_joined(token, make_run):
    run = make_run(State.RUNNING, id="abcdefgh12")
    answer = start(token, project="p", id=run.pk)
    assert answer.status_code == 409
    assert "started here" in answer.json()["error"]


def test_an_ended_run_goes_on_with_the_next_attempt(project):
    joined = external(project, run_id="abcdefgh12")
    transition("abcdefgh12", State.FAILED, reason="ValueError: no")
    again = external(project, run_id="abcdefgh12")
    run = Run.objects.get()
    assert (joined.attempt, again.attempt, run.state, run.reason, run.ended_at) == (
        1,
        2,
        State.STARTING,
        "",
        None,
    )
    transition("abcdefgh12", State.FINISHED)
    with pytest.raises(RunError, match="finished"):
        external(project, run_id="abcdefgh12")
    # What an earlier attempt has not delivered yet may still come.
    assert external(project, run_id="abcdefgh12", attempt=2).attempt == 2


def test_a_run_without_a_recipe_shows_its_configuration(project, make_run):
    run = external(project, config={"optimizer": {"lr": 0.1, "betas": [0.9, 0.99]}}).run
    assert effective_config(run.spec) == {"config.optimizer/lr": 0.1, "config.optimizer/betas": [0.9, 0.99]}
    assert changed_config(run.spec) == effective_config(run.spec)
    rows = {row.name for row in compare([run, make_run(State.FINISHED)]).config}
    assert {"config.optimizer/lr", "args.learning_rate", "recipe"} <= rows
    assert fairness([run, external(project).run]) == []


def test_a_trainer_tells_its_arguments_and_objective_later(project):
    joined = external(project, config={"seed": 1})
    values = {
        "args": {"learning_rate": 0.5},
        "config": {"lora": True},
        "objective": {"key": "eval/f1", "greater_is_better": True},
    }
    send(joined, Environment({**values, "git": {"commit": "abc"}}))
    run = Run.objects.get()
    assert run.spec == {"config": {"seed": 1, "lora": True}, "args": {"learning_rate": 0.5}}
    assert (run.objective, run.environment["git"]) == ("eval/f1", {"commit": "abc"})
    config = effective_config(run.spec)
    assert (config["args.learning_rate"], config["args.seed"]) == (0.5, 42)
    assert set(changed_config(run.spec)) == {"args.learning_rate", "config.seed", "config.lora"}


@pytest.mark.parametrize("page", ["charts", "overview", "console", "system", "checkpoints", "events"])
def test_every_page_of_it_opens_and_offers_no_rerun(owner_client, project, page):
    run = external(project, config={"lr": 0.1}, name="mine").run
    html = owner_client.get(f"/r/{run.pk}/{page}").content.decode()
    assert "mine" in html
    assert "Rerun" not in html
    assert "Clone" not in html


def test_tables_hold_it_beside_others(owner_client, project, make_run):
    run = external(project, config={"lr": 0.125}).run
    make_run(State.FINISHED)
    assert owner_client.get(f"/p/{project.slug}/runs").status_code == 200
    head, *rows = csv_lines(plan(project))
    assert "config.lr" in head
    assert any("0.125" in row for row in rows)
    assert owner_client.get(f"/api/v1/runs/{run.pk}").json()["config"] == {"config.lr": 0.125}
    form = owner_client.get(f"/p/{project.slug}/new?from={run.pk}")
    assert "started outside Trainboard" in form.content.decode()


def test_it_is_never_started_again_here(project):
    run = external(project).run
    transition(run.pk, State.FAILED)
    run.refresh_from_db()
    for again in (rerun, resume_run):
        with pytest.raises(RunError, match="outside Trainboard"):
            again(run)


def test_it_takes_no_device_slot_of_ours(project):
    external(project)
    assert slots_overview().busy == 0


def test_its_checkpoints_stay_elsewhere(project, owner_client):
    joined = external(project)
    send(joined, Checkpoint(step=5, time=1.0, path="out/checkpoint-5", files=[], metrics={"eval/f1": 0.5}))
    html = owner_client.get(f"/r/{joined.run.pk}/checkpoints").content.decode()
    assert "elsewhere" in html
    assert "damaged" not in html
    assert "Export…" not in owner_client.get(f"/p/{project.slug}/checkpoints").content.decode()


def test_the_console_says_which_process_spoke(project):
    joined = external(project)
    send(joined, Console([ConsoleLine(1.0, "stdout", "mine")]))
    send(joined, Console([ConsoleLine(1.0, "stdout", "mine")]), source="rank1")
    assert [(b.source, b.lines[0][2]) for b in ConsoleBlock.objects.order_by("first")] == [
        ("trainer", "mine"),
        ("rank1", "[rank1] mine"),
    ]


def test_a_million_names_are_refused_past_the_limit(project, monkeypatch):
    monkeypatch.setattr("runs.series.table.MAX_KEYS", 100)
    joined = external(project)
    for start_at in range(0, 1000, 250):
        send(joined, Metrics(1, 1.0, {f"m/{i}": 1.0 for i in range(start_at, start_at + 250)}))
    assert len(series.keys([joined.run.pk])) == 100
    assert "beyond the most" in RunWarning.objects.get().text
    assert ingest.last_number(Sender(Attempt.objects.get().pk, "trainer")) == 4


def test_a_project_is_found_by_slug_or_name(project):
    assert project_called("digits") == project_called("Digits") == project


def test_the_overview_shows_commit_and_changes(owner_client, project):
    joined = external(project)
    state = {"commit": "c0ffee" * 6, "branch": "work", "dirty": True, "diff": "+x = <2>", "diff_cut": True}
    send(joined, Environment({"git": state, "command": "train.py --lr 1"}))
    html = owner_client.get(f"/r/{joined.run.pk}/overview").content.decode()
    assert "c0ffeec0ffee</code> on work" in html
    assert "+x = &lt;2&gt;" in html
    assert "first 200 kB" in html
    assert "train.py --lr 1" in html
    send(joined, Environment({"git": {**state, "dirty": False, "diff": "", "diff_cut": False}}))
    assert "none since that commit" in owner_client.get(f"/r/{joined.run.pk}/overview").content.decode()


def test_one_that_is_held_goes_on_from_here(project):
    held = Run.objects.create(
        project=project, name="held", origin=Run.Origin.EXTERNAL, state=State.PAUSED, is_held=True
    )
    resume_run(held)
    assert [command.kind for command in held.commands.all()] == ["go_on"]
