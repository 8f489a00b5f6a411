"""What the workspace does to many runs, saved views, the query bar's help."""

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from runs.dispatch import claim_next
from runs.models import Project, Run, SavedView
from runs.removal import UNDO_FOR, delete_overdue, deleted_runs
from runs.states import State
from tests.dashboard.runs_for_tests import add_checkpoint, make_run
from tests.dashboard.test_workspace import names

FETCH = {"x-requested-with": "fetch"}


@pytest.fixture
def page(client: Client, db: None) -> Client:
    client.force_login(User.objects.create_user("ada"))
    return client


def do(page: Client, verb: str, **fields):
    return page.post(f"/p/digits/runs/do/{verb}", fields, headers=FETCH)


def test_tags_are_added_and_taken_away(page: Client, project: Project):
    one, two = make_run(project, "one", tags=["base"]), make_run(project, "two", tags=["old", "base"])
    said = do(page, "tag", runs=f"{one.pk},{two.pk}", add="night, base", remove="old").json()
    assert said["text"] == "Tags of 2 runs changed."
    assert [Run.objects.get(pk=run.pk).tags for run in (one, two)] == [["base", "night"], ["base", "night"]]
    assert names(page.get("/p/digits/runs?q=tag:night")) == ["two", "one"]


def test_a_tag_that_cannot_be_is_refused_with_the_run(page: Client, project: Project):
    run = make_run(project, "one")
    answer = do(page, "tag", runs=run.pk, add="x" * 41)
    assert answer.status_code == 409
    assert "one: “xxxxxxxxxxxxxxxxxxxx…” has 41 characters" in answer.json()["text"]
    assert do(page, "tag", runs=run.pk).json()["text"] == "Name a tag to add or to take away."


def test_archived_runs_are_hidden_and_told(page: Client, project: Project):
    run = make_run(project, "old")
    make_run(project, "new")
    do(page, "archive", runs=run.pk)
    answer = page.get("/p/digits/runs")
    assert names(answer) == ["new"]
    assert "1 archived run hidden" in answer.content.decode()
    assert names(page.get("/p/digits/runs?q=archived:true")) == ["old"]
    assert names(page.get("/p/digits/runs?q=archived:true,false")) == ["new", "old"]
    do(page, "unarchive", runs=run.pk)
    assert names(page.get("/p/digits/runs")) == ["new", "old"]


def test_a_deletion_can_be_undone(page: Client, project: Project):
    run = make_run(project, "gone", state=State.FINISHED)
    add_checkpoint(run, 20, 0.9)
    make_run(project, "stays")
    said = do(page, "delete", runs=run.pk).json()
    assert said["text"] == "1 run deleted."
    answer = page.get("/p/digits/runs")
    assert names(answer) == ["stays"]
    assert "1 run deleted; for 15 minutes that can be undone" in answer.content.decode()
    assert page.get(f"/r/{run.pk}/charts").status_code == 404
    assert page.get("/p/digits/counts").json()["project_checkpoints"] == 0
    assert page.post(said["undo"], {"runs": said["runs"]}, headers=FETCH).json()["text"] == "1 run is back."
    assert names(page.get("/p/digits/runs")) == ["stays", "gone"]


def test_what_is_not_undone_is_really_deleted(page: Client, project: Project):
    runs = [make_run(project, name, state=State.FINISHED) for name in ("a", "b")]
    do(page, "delete", runs=",".join(run.pk for run in runs))
    delete_overdue()
    assert deleted_runs(project).count() == 2
    Run.everything.filter(pk=runs[0].pk).update(deleted_at=timezone.now() - UNDO_FOR)
    delete_overdue()
    assert list(Run.everything.filter(project=project)) == [runs[1]]


def test_a_run_with_a_process_is_not_deleted(page: Client, project: Project):
    run = make_run(project, "busy")
    answer = do(page, "delete", runs=run.pk)
    assert answer.status_code == 409
    assert "busy is running. Stop it first." in answer.json()["text"]


def test_a_deleted_queued_run_is_not_started_until_it_is_back(page: Client, project: Project):
    run = make_run(project, "waits", state=State.QUEUED)
    do(page, "delete", runs=run.pk)
    assert claim_next("box") is None
    page.post("/p/digits/runs/undo", {}, headers=FETCH)
    claim = claim_next("box")
    assert claim is not None
    assert claim.run == run.pk


def test_all_that_match_if_as_many_as_the_person_saw(page: Client, project: Project):
    for name in ("vit-a", "vit-b", "conv"):
        make_run(project, name)
    refused = do(page, "archive", all=1, q="vit", expected=3)
    assert refused.status_code == 409
    assert "2 runs match now, not 3" in refused.json()["text"]
    assert do(page, "archive", all=1, q="vit", expected=2).json()["text"] == "2 runs archived."
    wrong = do(page, "archive", all=1, q="(vit", expected=2)
    assert "not closed" in wrong.json()["text"]
    assert names(page.get("/p/digits/runs")) == ["conv"]


def test_nothing_chosen_and_unknown_verbs(page: Client, project: Project):
    assert do(page, "archive").json()["text"] == "No run was chosen. Tick one or more first."
    assert do(page, "explode", runs="x").status_code == 404


def test_runs_of_other_projects_are_left_alone(page: Client, project: Project):
    other = make_run(Project.objects.create(slug="other", name="other"), "a", state=State.FINISHED)
    for verb in ("archive", "delete"):
        do(page, verb, runs=other.pk)
    do(page, "tag", runs=other.pk, add="x")
    other.refresh_from_db()
    assert (other.archived_at, other.deleted_at, other.tags) == (None, None, [])


@pytest.mark.parametrize("verb", ["tag", "archive", "delete"])
def test_queries_do_not_grow_with_the_runs(page: Client, project: Project, verb: str):
    counts = []
    for count in (1, 3):
        runs = [make_run(project, f"{count}-{n}", state=State.FINISHED) for n in range(count)]
        with CaptureQueriesContext(connection) as queries:
            do(page, verb, runs=",".join(run.pk for run in runs), add="x")
        counts.append(len(queries))
    assert counts[0] == counts[1]


# --- the query bar ---


def test_wrong_filters_keep_the_text_and_offer_the_nearest(page: Client, project: Project):
    make_run(project, "a")
    body = page.get("/p/digits/runs?q=eval/acuracy>0.8").content.decode()
    assert 'value="eval/acuracy&gt;0.8"' in body
    assert "There is no “eval/acuracy” in these runs (character 1)" in body
    assert 'href="?q=eval/accuracy%3E0.8">Use eval/accuracy</a>' in body
    assert "so no run is shown" in body
    answer = page.get("/p/digits/runs?q=eval/acuracy>0.8", headers=FETCH)
    assert (answer.status_code, answer.json()["fixed"]) == (422, "eval/accuracy>0.8")


def test_assist_completes_and_explains(page: Client, project: Project):
    make_run(project, "a")
    said = page.get("/p/digits/runs/assist", {"q": "state:run", "at": 9}).json()
    assert said["completion"]["offers"] == [
        {"text": "running", "insert": "running", "detail": "", "count": 1}
    ]
    assert (said["completion"]["begin"], said["matching"], said["error"]) == (6, 0, None)
    assert page.get("/p/digits/runs/assist", {"q": "state:", "at": "x"}).json()["error"]["at"] == 5
    assert page.get("/p/digits/runs/assist", {"q": "zzz:1"}).json()["tokens"] == [
        [0, 3, "key"],
        [4, 5, "value"],
    ]


def test_columns_sheet(page: Client, project: Project):
    make_run(project, "a")
    body = page.get("/p/digits/runs/columns?cols=learning_rate&pin=learning_rate").content.decode()
    chosen, others = body.split("<h3>", 1)
    assert 'data-key="args.learning_rate"' in chosen
    assert 'aria-pressed="true"' in chosen
    assert 'data-key="eval/accuracy"' in others


def test_names_are_escaped(page: Client, project: Project):
    evil = '"><script>alert(1)</script>'
    make_run(project, evil, tags=[evil], args={"optim": evil})
    make_run(project, "other")
    for query in ("", "?group=tag,optim", f"?q={evil}"):
        assert "<script>alert" not in page.get(f"/p/digits/runs{query}").content.decode()


def test_group_rows_say_mean_interval_and_best(page: Client, project: Project):
    for accuracy in (0.8, 0.9, 1.0):
        make_run(project, f"a{accuracy}", accuracy=accuracy, tags=["base"])
    body = page.get("/p/digits/runs?group=tag").content.decode()
    assert "0.9000 ± 0.25" in body
    assert 'title="n 3, mean 0.9000, ± 0.25, best 1"' in body
    assert "3 runs" in body


# --- saved views ---


def test_a_view_is_saved_opened_edited_and_deleted(page: Client, project: Project):
    make_run(project, "a")
    query = "?q=state:running&sort=-eval/accuracy&page=2&open=x&chart=eval/loss"
    page.post("/p/digits/views/save", {"name": "Mine", "query": query}, headers=FETCH)
    assert SavedView.objects.get().query == "q=state%3Arunning&sort=-eval/accuracy"
    opened = page.get("/p/digits/runs?view=Mine")
    assert opened.url == "/p/digits/runs?view=Mine&q=state%3Arunning&sort=-eval/accuracy"
    hidden = "data-save-view hidden>"
    assert hidden in page.get(opened.url).content.decode()
    assert hidden not in page.get(f"{opened.url}&group=tag").content.decode()
    # One that was edited down to nothing stays so.
    assert page.get("/p/digits/runs?view=Mine&q=").status_code == 200
    page.post("/p/digits/views/delete", {"name": "Mine"})
    assert not SavedView.objects.exists()


@pytest.mark.parametrize(("name", "said"), [("", "Give the view a name."), ("x" * 61, "the most is 60")])
def test_a_view_without_a_proper_name_is_refused(page: Client, project: Project, name: str, said: str):
    answer = page.post("/p/digits/views/save", {"name": name, "query": ""}, headers=FETCH)
    assert answer.status_code == 422
    assert said in answer.json()["text"]
