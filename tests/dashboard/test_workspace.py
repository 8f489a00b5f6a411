import csv
import json
import re

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from runs.models import Project, Run, Sweep
from runs.series import append
from runs.states import State
from tests.dashboard.runs_for_tests import add_checkpoint, make_run
from trainer_bridge.protocol import Metrics


@pytest.fixture
def page(client: Client, db: None) -> Client:
    client.force_login(User.objects.create_user("ada"))
    return client


@pytest.fixture
def project(db: None) -> Project:
    return Project.objects.create(slug="digits", name="digits")


def names(answer) -> list[str]:
    return re.findall(r'<tr data-run="\w+" data-state="\w+" data-name="([^"]+)"', answer.content.decode())


def test_empty_project_says_what_will_be_here(page: Client, project: Project):
    body = page.get("/p/digits/runs").content.decode()
    assert "appear here as soon as one is launched" in body
    assert "New run" in body


def test_newest_first_and_sorted_by_the_address(page: Client, project: Project):
    for name, accuracy in (("a", 0.8), ("b", 0.95), ("c", 0.9)):
        make_run(project, name, accuracy=accuracy)
    make_run(project, "d", accuracy=0.7)
    assert names(page.get("/p/digits/runs")) == ["d", "c", "b", "a"]
    assert names(page.get("/p/digits/runs?sort=name")) == ["a", "b", "c", "d"]
    assert names(page.get("/p/digits/runs?sort=-eval/accuracy")) == ["b", "c", "a", "d"]
    assert names(page.get("/p/digits/runs?sort=eval/loss")) == ["d", "c", "b", "a"]


def test_runs_without_the_value_come_last(page: Client, project: Project):
    make_run(project, "measured", accuracy=0.5)
    Run.objects.create(project=project, name="waiting", spec={"recipe": "digits-vit"})
    for sort in ("eval/accuracy", "-eval/accuracy"):
        assert names(page.get(f"/p/digits/runs?sort={sort}")) == ["measured", "waiting"]


def test_sorted_by_a_setting(page: Client, project: Project):
    for rate in (3e-4, 1e-2, 1e-3):
        make_run(project, f"lr{rate}", args={"learning_rate": rate})
    assert names(page.get("/p/digits/runs?sort=args.learning_rate")) == ["lr0.0003", "lr0.001", "lr0.01"]


def test_best_value_is_tinted_by_its_direction(page: Client, project: Project):
    make_run(project, "low", accuracy=0.8)
    make_run(project, "high", accuracy=0.95)
    body = page.get("/p/digits/runs").content.decode()
    assert '<span class="best">0.9500</span>' in body
    assert '<span class="best">0.8000</span>' not in body
    # Both have the same loss: a tie is marked twice.
    assert body.count('<span class="best">0.5000</span>') == 2


def test_settings_that_differ_are_columns(page: Client, project: Project):
    make_run(project, "a", args={"learning_rate": 1e-3, "seed": 1})
    make_run(project, "b", args={"learning_rate": 2e-3, "seed": 1})
    heads = re.findall(r'title="(args\.\w+)"', page.get("/p/digits/runs").content.decode())
    assert heads == ["args.learning_rate"]


def test_what_decides_stands_first(page: Client, project: Project):
    make_run(project, "a", args={"learning_rate": 1e-3})
    make_run(project, "b", args={"learning_rate": 2e-3})
    body = page.get("/p/digits/runs").content.decode()
    heads = re.findall(r'<th scope="col" class="number" data-key="([^"]+)"', body)
    assert heads[:3] == ["eval/accuracy", "eval/loss", "args.learning_rate"]
    assert heads[-1] == "train/loss"


def test_counts_beside_the_tabs(page: Client, project: Project):
    run = make_run(project, "a")
    add_checkpoint(run, 20, 0.9)
    Sweep.objects.create(project=project, name="lr", objective="eval/accuracy")
    expected = {"project_runs": 1, "project_sweeps": 1, "project_checkpoints": 1}
    assert page.get("/p/digits/counts").json() == expected
    assert page.get(f"/p/digits/counts?run={run.pk}").json() == {**expected, "run_checkpoints": 1}


def test_tokens_are_an_axis_where_they_are_counted(page: Client, project: Project):
    silent, counting = make_run(project, "silent"), make_run(project, "counting")
    append(counting.pk, 1, [Metrics(step=50, time=1.0, values={"train/loss": 1.0}, tokens=64)])
    offered = [
        json.loads(re.search(r'id="chart-data" type="application/json">(.*?)</script>', body)[1])["tokens"]
        for body in (page.get(f"/r/{run.pk}/charts").content.decode() for run in (silent, counting))
    ]
    assert offered == [False, True]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("vit", ["vit-aug", "vit"]),
        ("FAILED", ["conv"]),
        ("vit aug", ["vit-aug"]),
        ("base", ["conv"]),
        ("zz", []),
    ],
)
def test_filter_by_words_in_name_tag_or_state(page: Client, project: Project, query: str, found: list[str]):
    make_run(project, "vit")
    make_run(project, "conv", state=State.FAILED, tags=["baseline"])
    make_run(project, "vit-aug")
    answer = page.get("/p/digits/runs", {"q": query})
    assert names(answer) == found
    assert "Show all" in answer.content.decode()


def test_trials_fold_into_their_sweep(page: Client, project: Project):
    sweep = Sweep.objects.create(project=project, name="lr", objective="eval/accuracy")
    for trial, state in enumerate((State.FINISHED, State.RUNNING, State.QUEUED)):
        make_run(project, f"lr-t{trial}", sweep=sweep, trial=trial, state=state, accuracy=0.9 + trial / 100)
    make_run(project, "alone")
    body = page.get("/p/digits/runs").content.decode()
    row = re.search(r'<tr class="sweep-row".*?</tr>', body, re.S)[0]
    assert "3 trials" in row
    assert "0.9200" in row
    assert "1/3" in row
    assert names(page.get("/p/digits/runs")) == ["alone"]
    group = re.search(r'data-group="(\w+)"', row)[1]
    assert names(page.get(f"/p/digits/runs?open={group}")) == ["alone", "lr-t2", "lr-t1", "lr-t0"]
    assert names(page.get("/p/digits/runs?group=none&sort=name")) == ["alone", "lr-t0", "lr-t1", "lr-t2"]


def test_shown_runs_come_from_the_address(page: Client, project: Project):
    runs = [make_run(project, name) for name in "ab"]
    body = page.get(f"/p/digits/runs?show={runs[0].pk}").content.decode()
    data = json.loads(re.search(r'id="chart-data" type="application/json">(.*?)</script>', body)[1])
    assert {run["name"]: run["shown"] for run in data["runs"]} == {"a": True, "b": False}


def test_a_script_gets_only_the_table(page: Client, project: Project):
    make_run(project, "a")
    body = page.get("/p/digits/runs", headers={"x-requested-with": "fetch"}).content.decode()
    assert "<table" in body
    assert "<html" not in body


def test_queries_do_not_grow_with_the_runs(page: Client, project: Project):
    counts = []
    for _ in range(2):
        make_run(project, "x")
        make_run(project, "y", args={"seed": 7})
        with CaptureQueriesContext(connection) as queries:
            page.get("/p/digits/runs?sort=-eval/accuracy")
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 21


def test_pages_of_two_hundred(page: Client, project: Project):
    Run.objects.bulk_create(
        Run(project=project, name=f"r{n:03}", spec={"recipe": "digits-vit"}) for n in range(201)
    )
    first, second = (page.get(f"/p/digits/runs?sort=name&page={n}") for n in (1, 2))
    assert len(names(first)) == 200
    assert names(second) == ["r200"]
    assert "page 1 of 2" in first.content.decode()
    assert len(names(page.get("/p/digits/runs?page=99"))) == 1


def test_unknown_project_is_a_404(page: Client):
    assert page.get("/p/nowhere/runs").status_code == 404


def test_stop_takes_the_ticked_runs(page: Client, project: Project):
    running, ended = make_run(project, "a"), make_run(project, "b", state=State.FINISHED)
    answer = page.post(
        "/p/digits/runs/do/stop", {"runs": [running.pk, ended.pk]}, headers={"x-requested-with": "fetch"}
    )
    assert "1 run will stop." in answer.json()["text"]
    assert "b: " in answer.json()["text"]
    running.refresh_from_db()
    assert running.state == State.STOPPING


def test_stop_leaves_other_projects_alone(page: Client, project: Project):
    other = make_run(Project.objects.create(slug="other", name="other"), "a")
    page.post("/p/digits/runs/do/stop", {"runs": [other.pk]})
    other.refresh_from_db()
    assert other.state == State.RUNNING


@pytest.mark.django_db(transaction=True)
async def test_csv_has_every_column_and_is_safe_in_a_spreadsheet(async_client):
    rows = await _csv(async_client)
    by_name = {row["name"]: row for row in rows}
    assert by_name["vit"]["eval/accuracy"] == "0.9"
    assert by_name["vit"]["eval/accuracy step"] == "20"
    assert by_name["vit"]["eval/accuracy last"] == "0.89"
    assert by_name["vit"]["args.learning_rate"] == "0.0003"
    assert by_name["vit"]["tags"] == "base, two words"
    assert "'=1+1" in by_name


async def _csv(async_client) -> list[dict[str, str]]:
    user = await User.objects.acreate_user("ada")
    await _fill()
    await async_client.aforce_login(user)
    answer = await async_client.get("/p/digits/runs.csv")
    body = b"".join([part async for part in answer.streaming_content]).decode()
    return list(csv.DictReader(body.splitlines()))


def _fill_now() -> None:
    project = Project.objects.create(slug="digits", name="digits")
    make_run(project, "vit", args={"learning_rate": 3e-4}, tags=["base", "two words"])
    make_run(project, "=1+1")


async def _fill() -> None:
    await sync_to_async(_fill_now)()
