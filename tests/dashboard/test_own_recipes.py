"""Own recipes and scripts on the pages: their cards and forms, what went wrong in a file, the text that ran."""

import re

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from dashboard.forms.draft import blank, from_post
from dashboard.forms.reading import read
from dashboard.forms.summary import summarise
from runs import catalog
from runs.launch import launch_run
from runs.models import Run, Worker
from runs.workers import record_heartbeat, slots_overview
from tests.runs.own_recipes import own_recipe, report_of
from trainer_bridge.fields import Field
from trainer_bridge.own.files import FileProblem, OwnFile

URL = "/p/digits/new"
SCRIPT = own_recipe(
    "train.py",
    title="Train",
    arguments={},
    without=frozenset({"trainer", "args"}),
    own=OwnFile("script", "train.py", "1" * 64),
)


@pytest.fixture(autouse=True)
def _box(project):
    problem = FileProblem("recipe", "bad.py", "SyntaxError: <b>no</b>", 3, "Traceback …")
    record_heartbeat("box", "ready", 1, 0, {})
    catalog.report("box", report_of(own_recipe(), SCRIPT, problems=(problem,)))


def test_the_page_shows_own_recipes_and_what_is_wrong_in_a_file(owner_client):
    page = owner_client.get(URL, {"recipe": "mine"}).content.decode()
    assert re.search(r'name="switch_recipe" value="mine"[^>]* aria-pressed="true"', page)
    assert 'name="params.width" value="8"' in page
    assert re.search(r'name="switch_recipe" value="train.py"[^>]* aria-pressed="false"', page)
    assert '<strong class="mono">bad.py, line 3</strong> SyntaxError: &lt;b&gt;no&lt;/b&gt;' in page
    assert "own recipe in <code>/data/recipes</code> on box" in page
    assert (
        "Python files in <code>/data/recipes</code> and training scripts in <code>/data/scripts</code>"
        in page
    )


def test_own_recipes_cost_the_page_nothing_more(owner_client):
    counts = []
    for recipes in (1, 4):
        catalog.report("box", report_of(own_recipe(), *(own_recipe(f"mine-{n}") for n in range(1, recipes))))
        with CaptureQueriesContext(connection) as queries:
            assert owner_client.get(URL, {"recipe": "mine"}).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] < 25


def test_a_form_of_an_own_recipe_is_launched(owner_client, project):
    answer = owner_client.post(URL, {"recipe": "mine", "project": "digits", "params.width": "4"})
    run = Run.objects.get()
    assert answer["Location"] == f"/r/{run.pk}/charts"
    assert run.spec["params"] == {"width": 4}
    assert (run.objective, run.greater_is_better) == ("eval/loss", False)


def test_a_script_without_training_arguments_shows_none(owner_client):
    page = owner_client.get(URL, {"recipe": "train.py"}).content.decode()
    assert 'name="params.width"' in page
    assert 'name="args.' not in page
    draft = blank(SCRIPT)
    summary = summarise(draft, read(draft), slots_overview())
    assert (summary.length, summary.batch) == ("the script's own", "the script's own")


def test_the_summary_says_when_no_worker_has_the_recipe():
    record_heartbeat("other", "ready", 1, 0, {})
    Worker.objects.filter(name="box").update(state="gone")
    catalog.forget()
    draft = from_post(QueryDict("recipe=mine"))
    assert summarise(draft, read(draft), slots_overview()).start == (
        "It will queue: no connected worker has the recipe mine."
    )


def test_a_recipe_that_disappeared_while_the_form_was_open_launches_nothing(owner_client):
    catalog.report("box", report_of())
    answer = owner_client.post(URL, {"recipe": "mine", "params.width": "4"})
    assert answer.status_code == 422
    assert "There is no recipe “mine”." in answer.content.decode()
    assert not Run.objects.exists()


def test_a_run_of_a_recipe_that_disappeared_keeps_its_pages(owner_client, project):
    run = launch_run(project, {"recipe": "mine", "params": {"width": 4}})
    catalog.report("box", report_of())
    for tab in ("charts", "overview"):
        page = owner_client.get(f"/r/{run.pk}/{tab}")
        assert page.status_code == 200
    assert "No connected worker has the recipe mine" in page.content.decode()
    page = owner_client.get(URL, {"from": run.pk}).content.decode()
    assert "The recipe “mine” is not there any more" in page


def test_the_overview_shows_the_text_that_ran(owner_client, project):
    run = launch_run(project, {"recipe": "mine"})
    source = {"file": "mine.py", "sha256": "abc" * 20, "text": "x < 1", "helpers": {"_more.py": "def" * 20}}
    Run.objects.filter(pk=run.pk).update(environment={"source": source})
    page = owner_client.get(f"/r/{run.pk}/overview").content.decode()
    assert "<code>mine.py</code> as it ran" in page
    assert "x &lt; 1" in page
    assert "_more.py" in page
    assert page.count("Own recipe") == 1


def test_texts_are_swept_as_a_list(owner_client, project):
    path = Field("path", "text", None, optional=True)
    catalog.report("box", report_of(own_recipe(parameters=(path,))))
    page = owner_client.get(URL, {"recipe": "mine", "sweep.path": "list:a.csv,b.csv"}).content.decode()
    assert 'name="list.params.path" value="a.csv,b.csv"' in page
    sent = {"recipe": "mine", "sweep.params.path": "1", "list.params.path": "a.csv, b.csv"}
    owner_client.post(URL, sent)
    assert [run.trial_params["params.path"] for run in Run.objects.order_by("trial")] == ["a.csv", "b.csv"]


def test_a_form_that_is_open_hears_that_recipes_changed(owner_client):
    version = owner_client.post(f"{URL}/check", {"recipe": "mine"}).json()["recipes"]
    assert f'data-recipes="{version}"' in owner_client.get(URL).content.decode()
    catalog.report("box", report_of())
    assert owner_client.post(f"{URL}/check", {"recipe": "digits-vit"}).json()["recipes"] != version
