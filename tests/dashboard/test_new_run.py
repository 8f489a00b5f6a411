"""The New run page: what it shows, what it keeps, what it launches."""

import html
import re

import pytest
from django.http import QueryDict

from dashboard.forms.draft import from_query
from dashboard.forms.reading import read
from runs import dispatch
from runs.launch import launch_run
from runs.models import Project, Run, Sweep
from runs.sweeps.launch import launch_sweep
from runs.workers import record_heartbeat
from tests.runs.checkpoints.folders import new_checkpoint, write_checkpoint

URL = "/p/digits/new"


@pytest.fixture
def looks(monkeypatch):
    sent = []
    monkeypatch.setattr(dispatch, "send_looks", lambda: sent.append("look"))
    return sent


@pytest.fixture(autouse=True)
def _project(project):
    """Every test has the project that the address names."""


def form(**fields):
    return {"recipe": "digits-vit", "project": "digits"} | {
        k.replace("__", "."): v for k, v in fields.items()
    }


def test_the_page_shows_every_field_with_its_default_and_help(owner_client):
    page = owner_client.get(URL).content.decode()
    assert 'id="f-args-learning_rate" name="args.learning_rate" value="2e-3"' in page
    assert 'id="f-params-hidden_size" name="params.hidden_size" value="64"' in page
    assert "Step size at its peak" in page
    assert 'name="sweep.args.learning_rate"' in page
    assert 'name="sweep.args.eval_strategy"' not in page


def test_the_page_costs_few_queries_however_many_projects_and_runs(
    owner_client, project, django_assert_max_num_queries
):
    for number in range(3):
        launch_run(Project.objects.create(name=str(number), slug=str(number)), {"recipe": "digits-vit"})
    with django_assert_max_num_queries(19):
        assert owner_client.get(URL).status_code == 200


def test_an_unknown_project_is_a_friendly_404(owner_client):
    answer = owner_client.get("/p/nope/new")
    assert answer.status_code == 404
    assert "There is no project “nope”" in answer.content.decode()


def test_launch_queues_the_run_and_lands_on_its_curves(
    owner_client, looks, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        answer = owner_client.post(URL, form(args__learning_rate="1e-3", name="mine", tags="a, b"))
    run = Run.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, f"/r/{run.pk}/charts")
    assert run.spec == {"recipe": "digits-vit", "params": {}, "args": {"learning_rate": 0.001}}
    assert (run.name, run.tags, run.created_by, run.project.slug) == ("mine", ["a", "b"], "owner", "digits")
    assert looks == ["look"]


def test_what_a_run_asks_of_its_worker_stands_under_launch(owner_client, looks):
    owner_client.post(URL, form(launch__processes="2", launch__labels="a100", launch__retries="1"))
    assert Run.objects.get().spec["launch"] == {"processes": 2, "labels": "a100", "retries": 1}
    answer = owner_client.post(URL, form(launch__processes="2", launch__slots="1"))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "2 processes need 2 device slots" in page[page.index('id="launch-title"') :]


def test_launching_a_sweep_lands_on_its_page(owner_client, looks, django_capture_on_commit_callbacks):
    fields = form(sweep__args__seed="1", mode__args__seed="range", low__args__seed="1", high__args__seed="3")
    with django_capture_on_commit_callbacks(execute=True):
        answer = owner_client.post(URL, fields | {"count.args.seed": "3"})
    sweep = Sweep.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, f"/s/{sweep.pk}")
    assert [run.spec["args"]["seed"] for run in sweep.runs.order_by("trial")] == [1, 2, 3]
    assert looks == ["look"]


def test_a_refused_form_keeps_all_that_was_typed_and_queues_nothing(owner_client, looks):
    answer = owner_client.post(
        URL,
        form(
            args__learning_rate="-1",
            args__seed="7",
            name="<b>mine</b>",
            tags="a, b",
            new_project="Next",
            sweep__args__weight_decay="1",
            list__args__weight_decay="0, 0.1",
        ),
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Must be above 0." in page
    for typed in ('value="-1"', 'value="7"', "&lt;b&gt;mine&lt;/b&gt;", 'value="a, b"', 'value="Next"'):
        assert typed in page
    assert 'name="list.args.weight_decay" value="0, 0.1"' in page
    assert "Fix 1 problem to launch" in page
    assert (Run.objects.count(), Sweep.objects.count(), Project.objects.count(), looks) == (0, 0, 1, [])


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"args__learning_rate": "-1"}, "Must be above 0."),
        ({"args__per_device_train_batch_size": "0"}, "Must be 1 or more."),
        ({"args__num_train_epochs": "", "args__max_steps": ""}, "Needs a value."),
        ({"args__num_train_epochs": "0"}, "there is nothing to train."),
        (
            {"args__eval_strategy": "steps", "args__save_strategy": "epoch"},
            "Must be steps like eval_strategy",
        ),
    ],
)
def test_impossible_values_are_refused_before_anything_is_queued(owner_client, fields, sentence):
    answer = owner_client.post(URL, form(**fields))
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not Run.objects.exists()


def test_a_new_project_is_made_with_its_first_run(owner_client):
    owner_client.post(URL, form(new_project="Second one"))
    assert Run.objects.get().project.slug == "second-one"


def test_a_project_whose_name_is_taken_is_refused(owner_client):
    answer = owner_client.post(URL, form(new_project="digits"))
    assert answer.status_code == 422
    assert "already a project" in answer.content.decode()
    assert not Run.objects.exists()


def test_another_project_can_be_chosen(owner_client):
    other = Project.objects.create(name="Other", slug="other")
    owner_client.post(URL, form(project="other"))
    assert Run.objects.get().project == other


def test_a_project_that_is_gone_is_refused(owner_client):
    answer = owner_client.post(URL, form(project="gone"))
    assert answer.status_code == 422
    assert "There is no project “gone” any more" in answer.content.decode()


def test_choosing_another_recipe_keeps_what_was_changed_in_the_link(owner_client):
    answer = owner_client.post(URL, form(args__learning_rate="1e-3", switch_recipe="language-id"))
    assert answer.status_code == 303
    assert answer["Location"] == f"{URL}?recipe=language-id&set.learning_rate=1e-3"
    page = owner_client.get(answer["Location"]).content.decode()
    assert 'name="recipe" value="language-id"' in page
    assert 'name="args.learning_rate" value="1e-3"' in page


def test_a_run_can_be_the_start_of_another(owner_client, project):
    run = launch_run(project, {"recipe": "digits-vit", "args": {"seed": 7}}, tags=["t"])
    page = owner_client.get(f"{URL}?from={run.pk}&set.learning_rate=1e-3").content.decode()
    assert 'name="args.seed" value="7"' in page
    assert 'name="args.learning_rate" value="1e-3"' in page
    assert 'name="tags" value="t"' in page


def test_a_sweep_can_be_the_start_of_another_with_its_space(owner_client, project):
    space = {"args.seed": [1, 2], "args.data_seed": [None, 3], "args.lr_scheduler_type": ["linear", "cosine"]}
    sweep = launch_sweep(project, {"recipe": "language-id", "params": {"languages": 2}}, space, tags=["t"])
    page = owner_client.get(f"{URL}?from={sweep.pk}").content.decode()
    link = html.unescape(re.search(r'data-link="([^"]*)"', page)[1])
    assert read(from_query(QueryDict(link))).space == space
    assert 'name="params.languages" value="2"' in page
    assert 'name="tags" value="t"' in page


def test_a_trial_can_be_the_start_of_a_run(owner_client, project):
    sweep = launch_sweep(project, {"recipe": "digits-vit"}, {"args.seed": [5, 6]})
    page = owner_client.get(f"{URL}?from={sweep.runs.get(trial=1).pk}").content.decode()
    assert 'name="args.seed" value="6"' in page
    assert "sweep of" not in page


def test_a_run_started_elsewhere_gives_its_arguments(owner_client, project):
    spec = {"config": {"lr": 1}, "args": {"seed": 9, "output_dir": "x"}}
    run = Run.objects.create(project=project, name="theirs", origin=Run.Origin.EXTERNAL, spec=spec)
    page = owner_client.get(f"{URL}?from={run.pk}").content.decode()
    assert 'name="args.seed" value="9"' in page
    assert "started outside Trainboard" in page
    assert "args.output_dir is not a field of" in page
    assert "lr is not" not in page


@pytest.fixture
def checkpoint(settings, tmp_path, project):
    """Of a run with seed 7, step 4, whole."""
    settings.RUNS_DIR = tmp_path
    run = launch_run(project, {"recipe": "digits-vit", "args": {"seed": 7}}, name="first")
    folder = write_checkpoint(tmp_path / run.pk / "checkpoints" / "checkpoint-4", 4)
    files = [[path.name, path.stat().st_size] for path in folder.iterdir()]
    return new_checkpoint(run, 4, files=files)


def test_a_checkpoint_is_forked_with_other_settings(owner_client, checkpoint):
    page = owner_client.get(f"{URL}?ckpt={checkpoint.pk}").content.decode()
    assert "Goes on from" in page
    assert "first</a> at step 4" in page
    assert 'name="args.seed" value="7"' in page
    form = {"recipe": "digits-vit", "ckpt": checkpoint.pk, "args.seed": "7", "args.learning_rate": "5e-4"}
    answer = owner_client.post(URL, form)
    run = Run.objects.get(parent=checkpoint.run)
    assert answer.headers["location"] == f"/r/{run.pk}/charts"
    assert (run.spec["args"], run.forked_step) == ({"seed": 7, "learning_rate": 5e-4}, 4)


def test_a_fork_that_cannot_be_made_says_why_and_keeps_what_was_typed(owner_client, checkpoint, tmp_path):
    form = {"recipe": "digits-vit", "ckpt": checkpoint.pk, "args.seed": "8"}
    swept = {**form, "sweep.args.seed": "1", "list.args.seed": "1, 2"}
    assert "A fork is one run: turn Sweep off" in owner_client.post(URL, swept).content.decode()
    (tmp_path / checkpoint.run_id / checkpoint.path / "optimizer.pt").unlink()
    answer = owner_client.post(URL, form)
    assert answer.status_code == 422
    assert "This checkpoint" in answer.content.decode()
    assert 'name="args.seed" value="8"' in answer.content.decode()
    checkpoint.delete()
    assert "The checkpoint is not there any more" in owner_client.post(URL, form).content.decode()
    assert "There is no checkpoint nope" in owner_client.get(f"{URL}?ckpt=nope").content.decode()
    assert Run.objects.count() == 1


def test_a_draft_too_long_for_an_address_is_continued_by_post(owner_client):
    link = f"recipe=language-id&set.seed=3&name={'x' * 90}"
    answer = owner_client.post(URL, {"continue": link})
    assert answer.status_code == 200
    page = answer.content.decode()
    assert "data-continued" in page
    assert 'name="args.seed" value="3"' in page
    assert not Run.objects.exists()


def test_a_run_that_is_gone_is_named(owner_client):
    page = owner_client.get(f"{URL}?from=nope").content.decode()
    assert "There is no run or sweep nope" in page


def test_the_check_says_what_would_run(owner_client):
    record_heartbeat("here", "ready", 2, 0, {})
    sent = form(args__learning_rate="1e-3", args__adam_beta2="9.99", name="n")
    answer = owner_client.post(f"{URL}/check", sent).json()
    assert answer["errors"] == {"f-args-adam_beta2": "Must be below 1. Did you mean 0.999?"}
    assert answer["changed"] == ["f-args-learning_rate", "f-args-adam_beta2"]
    assert answer["launch"] == "Fix 1 problem to launch"
    assert answer["sections"]["arguments"] == {"problems": 1, "changed": 2, "note": "2 changed"}
    assert answer["link"] == "recipe=digits-vit&set.learning_rate=1e-3&set.adam_beta2=9.99&name=n"
    assert "2 of 2 free" in answer["summary"]
    assert not Run.objects.exists()


def test_the_check_costs_few_queries(owner_client, django_assert_max_num_queries):
    with django_assert_max_num_queries(8):
        owner_client.post(f"{URL}/check", form(args__seed="1"))


def test_what_is_typed_comes_back_escaped(owner_client):
    answer = owner_client.post(f"{URL}/check", form(args__seed="<script>")).json()
    assert "<script>" not in answer["summary"]
    assert "&lt;script&gt;" in answer["summary"]


@pytest.mark.parametrize("url", [URL, f"{URL}/check", "/welcome", "/welcome/run/digits-vit", "/"])
def test_strangers_are_sent_to_log_in(client, url):
    for answer in (client.get(url), client.post(url, form())):
        assert answer.status_code == 302
        assert answer["Location"].startswith("/login/")
    assert not Run.objects.exists()
