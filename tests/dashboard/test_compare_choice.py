"""What the compare page compares: runs, trials of sweeps, what a filter lets through; and its picture."""

import xml.etree.ElementTree as ET

import pytest

from runs.models import Run, Sweep
from tests.dashboard.test_seed_groups import FAR, A, B, group_of, listed, page_of

pytestmark = pytest.mark.django_db
PAGE = "/p/digits/compare"
KEY = "eval/accuracy"


def sweep_of(*values):
    runs = [group_of(f"t{n}-", (value,), 0.001 * (n + 1))[0] for n, value in enumerate(values)]
    sweep = Sweep.objects.create(project=runs[0].project, name="lr", objective=KEY)
    Run.objects.filter(pk__in=[run.pk for run in runs]).update(sweep=sweep, objective=KEY)
    return sweep, runs


def names(response):
    return [run.name for run in response.context["columns"]]


def test_trials_of_a_sweep_are_columns_the_best_first_and_eight_at_most(owner_client):
    sweep, _ = sweep_of(*(0.5 + n / 100 for n in range(10)))
    response = owner_client.get(PAGE, {"sweep": sweep.pk})
    assert names(response) == [f"t{n}-1" for n in range(9, 1, -1)]
    assert response.context["left_out"] == 2


def test_runs_and_sweeps_can_be_named_together(owner_client):
    sweep, _ = sweep_of(0.5, 0.6)
    other = group_of("x", (0.9,), 0.01)[0]
    response = owner_client.get(PAGE, {"runs": other.pk, "sweep": sweep.pk})
    assert names(response) == ["x1", "t1-1", "t0-1"]


def test_a_filter_chooses_and_a_wrong_one_is_told(owner_client):
    _, runs = sweep_of(0.5, 0.7, 0.6)
    assert names(owner_client.get(PAGE, {"q": f"{KEY}>0.55", "seeds": "0"})) == ["t1-1", "t2-1"]
    wrong = owner_client.get(PAGE, {"q": "acuracy>1"})
    assert "There is no" in wrong.context["problem"]
    assert wrong.context["problem"] in wrong.content.decode().replace("&#x27;", "'")
    # Runs that are named win over the filter.
    assert names(owner_client.get(PAGE, {"runs": runs[0].pk, "q": "x"})) == ["t0-1"]


def test_the_picture_is_of_the_same_view_and_needs_nothing(owner_client):
    groups = [group_of("a<b>", A, 0.001), group_of("b", B, 0.002), group_of("c", FAR, 0.003)]
    page = page_of(owner_client, *groups)
    answer = owner_client.get("/p/digits/compare.svg", {"runs": listed(*groups)})
    assert answer["Content-Type"] == "image/svg+xml"
    text = answer.content.decode()
    ET.fromstring(text)
    assert "a&lt;b&gt;1" in text
    assert page.context["seed_verdict"].head[:40].replace("<", "&lt;").replace(">", "&gt;") in text
    assert "href" not in text
    assert "▼ −0.2000 worse" in text
    assert owner_client.get("/p/digits/compare.svg").status_code == 404
    assert (
        owner_client.get("/p/digits/compare.svg", {"runs": listed(groups[0]), "seeds": "0"}).status_code
        == 200
    )
