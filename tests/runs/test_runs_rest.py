"""GET /api/v1/projects/{slug}/runs: the page's filter language for scripts."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from runs.models import Project
from tests.dashboard.runs_for_tests import make_run

ADDRESS = "/api/v1/projects/digits/runs"


@pytest.fixture
def filled(project: Project) -> Project:
    for number, accuracy in enumerate((0.7, 0.9, 0.8)):
        make_run(project, f"r{number}", accuracy=accuracy)
    return project


def test_filter_sort_columns_and_pages(owner_client: Client, filled: Project):
    asked = {"q": "eval/accuracy>0.75", "sort": "-eval/accuracy", "cols": "eval/accuracy", "limit": 1}
    first = owner_client.get(ADDRESS, asked).json()
    assert [item["name"] for item in first["items"]] == ["r1"]
    assert first["items"][0]["values"] == {"eval/accuracy": 0.9}
    assert {name: first[name] for name in ("matching", "total", "next")} == {
        "matching": 2,
        "total": 3,
        "next": 2,
    }
    second = owner_client.get(ADDRESS, {**asked, "page": 2}).json()
    assert ([item["name"] for item in second["items"]], second["next"]) == (["r2"], None)


@pytest.mark.parametrize(
    ("name", "text"), [("q", "eval/acuracy>1"), ("sort", "-eval/acuracy"), ("cols", "eval/acuracy")]
)
def test_faults_are_pointed_at(owner_client: Client, filled: Project, name: str, text: str):
    answer = owner_client.get(ADDRESS, {name: text})
    said = answer.json()
    assert answer.status_code == 422
    assert said["problems"] == {name: said["error"]}
    assert text[said["at"] : said["end"]] == "eval/acuracy"
    assert said["nearest"] == "eval/accuracy"


def test_queries_do_not_grow_with_the_runs(owner_client: Client, project: Project):
    counts = []
    for count in (1, 2):
        for number in range(count):
            make_run(project, f"{count}-{number}")
        with CaptureQueriesContext(connection) as queries:
            owner_client.get(ADDRESS, {"sort": "-eval/accuracy"})
        counts.append(len(queries))
    assert counts[0] == counts[1]
