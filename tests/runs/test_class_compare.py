"""Classes of several runs, from the evaluations that were kept."""

import json
import zlib

import pytest
from django.utils import timezone

from runs.class_compare import class_values
from runs.models import Evaluation, Run
from runs.replicates import Group
from runs.states import State
from tests.runs.checkpoints.folders import new_run

pytestmark = pytest.mark.django_db


def evaluated(run, name="eval", step=10, **right):
    """An evaluation of ten rows a class, of which so many were right."""
    view = {
        "labels": {str(n): label for n, label in enumerate(right)},
        "per_class": {str(n): [10, 10, count] for n, count in enumerate(right.values())},
    }
    data = zlib.compress(json.dumps(view).encode())
    Evaluation.objects.create(run=run, attempt=1, step=step, name=name, time=timezone.now(), view=data)
    return run


def test_the_last_evaluation_of_each_run_counts_by_class_in_two_queries(django_assert_num_queries):
    a = evaluated(evaluated(new_run(), step=5, cat=1, dog=1), cat=8, dog=5)
    b = evaluated(new_run(), cat=9)
    with django_assert_num_queries(2):
        found = class_values([a, b])
    assert (found.split, found.values["f1"]["cat"]) == ("eval", {a.pk: 0.8, b.pk: 0.9})
    rows = found.rows([a, b])["f1"]
    assert [cell.verdict for cell in rows["cat"].cells] == ["", "better"]
    assert [cell.value for cell in rows["dog"].cells] == [0.5, None]
    assert rows["cat"].cells[0].step == 10


def test_the_test_is_compared_where_every_evaluated_run_has_one():
    a, b = evaluated(evaluated(new_run(), cat=8), "test", cat=7), evaluated(new_run(), cat=9)
    assert class_values([a, b]).split == "eval"
    evaluated(b, "test", cat=6)
    found = class_values([a, b, new_run()])
    assert (found.split, found.values["recall"]["cat"]) == ("test", {a.pk: 0.7, b.pk: 0.6})


def test_groups_get_mean_and_interval_for_each_class():
    runs = [evaluated(new_run(state=State.FINISHED), cat=count) for count in (7, 8, 9)]
    others = [evaluated(new_run(state=State.FINISHED), cat=count) for count in (1, 2, 3)]
    row = class_values([*runs, *others]).group_rows([Group(runs, {}), Group(others, {})], 0.95)["f1"]["cat"]
    assert [round(cell.mean.mean, 6) for cell in row.cells] == [0.8, 0.2]
    assert row.cells[1].verdict == "worse"


def test_nothing_is_said_where_no_evaluation_with_classes_was_kept(owner_client):
    run = new_run()
    assert class_values([run]) is None
    Evaluation.objects.create(
        run=run, attempt=1, step=1, name="eval", time=timezone.now(), view=zlib.compress(b"{}")
    )
    assert class_values([run]) is None


def test_the_page_shows_the_weakest_class_of_the_baseline_first(owner_client):
    runs = [evaluated(new_run(name=name), cat=9, dog=count) for name, count in (("a", 3), ("b", 5))]
    assert Run.objects.count() == 2
    response = owner_client.get("/p/digits/compare", {"runs": ",".join(run.pk for run in runs), "seeds": "0"})
    section = response.context["classes"][0]
    assert (section["metric"], [row["label"] for row in section["rows"]]) == ("f1", ["dog", "cat"])
    assert "of the last evaluation kept, validation" in response.content.decode()
