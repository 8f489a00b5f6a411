"""A sweep's page: its head, what its scripts are given, live news, curves, importance, brushes of the address."""

import json
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dashboard.sweep_page import importance as importance_card
from dashboard.sweep_page.brushes import brushed
from runs.models import Run, Series, Sweep
from runs.sweeps.trial_rows import sweep_rows
from tests.runs.sweeps.test_trial_rows import add, new_sweep

pytestmark = pytest.mark.django_db
KEY = "eval/f1"


def filled(values=(0.5, 0.9, 0.7), **fields) -> Sweep:
    sweep = new_sweep(**fields)
    for trial, value in enumerate(values):
        add(sweep, trial, eval__f1=value)
    return sweep


def data_of(response) -> dict:
    found = re.search(
        r'<script id="sweep-data" type="application/json">(.*?)</script>', response.content.decode()
    )
    return json.loads(found[1])


def test_scripts_get_axes_of_the_space_and_a_row_a_trial(owner_client):
    space = {
        "args.learning_rate": {"low": 1e-4, "high": 1e-2, "scale": "log"},
        "args.optim": {"values": ["adamw_torch", "sgd"]},
        "params.momentum": {"low": 0, "high": 0.9, "when": {"field": "args.optim", "in": ["sgd"]}},
    }
    sweep = filled((0.5,), space=space)
    data = data_of(owner_client.get(f"/s/{sweep.pk}"))
    assert data["params"] == [
        {"id": "args.learning_rate", "label": "learning_rate", "low": 1e-4, "high": 1e-2, "log": True},
        {"id": "args.optim", "label": "optim", "values": ["adamw_torch", "sgd"]},
        {
            "id": "params.momentum",
            "label": "momentum",
            "low": 0,
            "high": 0.9,
            "log": False,
            "when": "optim is sgd",
        },
    ]
    row = dict(zip(data["columns"], data["rows"][0], strict=True))
    assert (row["number"], row["values"], row["params"]) == (0, [0.5], [0.001, None, None])


def test_fields_of_one_name_keep_their_group(owner_client):
    sweep = filled((0.5,), space={"args.seed": [1, 2], "params.seed": [1, 2], "args.steps": [1, 2]})
    labels = [param["label"] for param in data_of(owner_client.get(f"/s/{sweep.pk}"))["params"]]
    assert labels == ["args.seed", "params.seed", "args.steps"]


def test_head_counts_pruned_apart_and_what_is_still_to_come(owner_client):
    sweep = filled(sampler="tpe", trials_wanted=10)
    Run.objects.filter(sweep=sweep, trial=2).update(state="stopped", is_pruned=True)
    context = owner_client.get(f"/s/{sweep.pk}").context
    assert [(part["kind"], part["count"]) for part in context["segments"]] == [
        ("finished", 2),
        ("pruned", 1),
        ("queued", 7),
    ]
    assert context["total"] == 10
    assert context["state"] == "running"


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        (["queued", "queued"], "queued"),
        (["finished", "running"], "running"),
        (["finished", "failed"], "finished"),
        (["failed", "failed"], "failed"),
        (["paused", "finished"], "paused"),
    ],
)
def test_a_sweep_that_runs_is_as_far_as_its_trials(owner_client, states, expected):
    sweep = new_sweep()
    for trial, state in enumerate(states):
        add(sweep, trial, state)
    assert owner_client.get(f"/s/{sweep.pk}").context["state"] == expected


def test_a_sweep_that_was_paused_says_so_and_why(owner_client):
    sweep = filled(state="paused", reason="The first 3 trials failed.")
    response = owner_client.get(f"/s/{sweep.pk}")
    assert response.context["state"] == "paused"
    assert "The first 3 trials failed." in response.content.decode()


def test_expected_end_comes_from_what_trials_took_and_how_many_train(owner_client):
    sweep, now = new_sweep(sampler="tpe", trials_wanted=6), timezone.now()
    for trial, seconds in enumerate((100, 100, 100)):
        run = add(sweep, trial, eval__f1=0.5)
        Run.objects.filter(pk=run.pk).update(started_at=now - timedelta(seconds=seconds), ended_at=now)
    Run.objects.filter(pk=add(sweep, 3, "running").pk).update(started_at=now)
    ends = owner_client.get(f"/s/{sweep.pk}").context["ends"]
    assert ends["trials"] == 3
    assert ends["seconds"] == pytest.approx(300, abs=5)


def test_budgets_are_told_with_what_is_used(owner_client):
    sweep = filled(budget={"wall_seconds": 18000, "device_seconds": 3600, "target": 0.95})
    page = owner_client.get(f"/s/{sweep.pk}").content.decode()
    assert "of 5 h" in page
    assert "target <strong>0.9000</strong> of 0.9500" in page


def test_a_study_that_was_imported_has_no_buttons_that_would_train(owner_client):
    sweep = filled(spec={"recipe": "digits-vit"})
    offered = owner_client.get(f"/s/{sweep.pk}").content.decode()
    Sweep.objects.filter(pk=sweep.pk).update(spec={})
    page = owner_client.get(f"/s/{sweep.pk}").content.decode()
    for words in ('data-opens="extend-dialog"', "Duplicate</button>", "Clone</a>"):
        assert words in offered
        assert words not in page
    assert "Optuna study</a>" in page


def test_gain_is_told_once_there_are_more_than_ten(owner_client):
    few = filled([0.1 * n for n in range(10)])
    assert owner_client.get(f"/s/{few.pk}").context["gain"] is None
    more = filled([0.01 * n for n in range(12)])
    assert owner_client.get(f"/s/{more.pk}").context["gain"] == pytest.approx(0.1)


def test_rows_before_the_script_are_few_and_all_on_request(owner_client):
    sweep = filled([0.5] * 35)
    assert len(owner_client.get(f"/s/{sweep.pk}").context["rows"]) == 30
    assert len(owner_client.get(f"/s/{sweep.pk}?all=1").context["rows"]) == 35


def heads(client, sweep, query=""):
    """The columns of the table, and the texts of its first row."""
    page = client.get(f"/s/{sweep.pk}{query}").content.decode()
    row = re.search(r"<tr data-run.*?</tr>", page, re.S)[0]
    cells = [re.sub(r"<[^>]*>", "", cell).strip() for cell in re.findall(r"<td.*?</td>", row, re.S)]
    return re.findall(r'data-column="([^"]+)"', page)[:-1], cells[:-1]


def test_columns_are_chosen_and_pinned_in_the_address(owner_client):
    sweep = filled()
    usual = ["trial", "state", "objective", "curve", "learning_rate", "steps", "time"]
    assert heads(owner_client, sweep)[0] == usual
    names, cells = heads(
        owner_client, sweep, "?cols=name,learning_rate,objective,gone&pin=objective&sort=trial"
    )
    assert names == ["trial", "objective", "name", "learning_rate"]
    assert cells[:2] == ["0", "0.5000"]
    page = owner_client.get(f"/s/{sweep.pk}?cols=name&pin=objective").content.decode()
    assert 'data-column="objective" class="number pinned pin-0"' in page


@pytest.mark.parametrize("query", ["?cols=gone", "?cols=", "?pin=gone", "?cols=,,"])
def test_columns_that_nobody_can_mean_give_the_usual_ones(owner_client, query):
    sweep = filled()
    assert heads(owner_client, sweep, query) == heads(owner_client, sweep)


def test_the_sheet_of_columns_has_the_chosen_ones_and_the_others_by_kind(owner_client):
    sweep = filled()
    answer = owner_client.get(f"/s/{sweep.pk}/columns?cols=name,objective&pin=objective")
    assert [(one["key"], one["pinned"]) for one in answer.context["chosen"]] == [
        ("objective", True),
        ("name", False),
    ]
    others = {title: [one["key"] for one in found] for title, found in answer.context["others"]}
    assert others["Searched"] == ["learning_rate"]
    assert others["Fields"] == ["state", "curve", "steps", "time", "started", "ended", "seeds"]


def test_any_metric_of_the_trials_can_be_a_column(owner_client):
    sweep = filled((0.5, 0.9))
    for trial, last in enumerate(("0.25", "nan")):
        run = sweep.runs.get(trial=trial)
        Series.objects.create(run=run, key="eval/loss", count=2, min=0.1, max=0.9, last=last)
        Series.objects.create(run=run, key="system/cpu", count=2, min=1, max=1, last="1")
    names, cells = heads(owner_client, sweep, "?cols=eval/loss,eval/f1&sort=-eval/loss")
    assert (names, cells) == (["trial", "eval/loss"], ["0", "0.2500"])
    data = data_of(owner_client.get(f"/s/{sweep.pk}?cols=eval/loss"))
    place = data["columns"].index("metrics")
    assert (data["metrics"], [row[place] for row in data["rows"]]) == (["eval/loss"], [[0.25], [None]])
    news = live(owner_client, sweep, open="0", after="1", have="2", cols="eval/loss")
    assert news["data"]["rows"][0][place] == [0.25]
    others = dict(owner_client.get(f"/s/{sweep.pk}/columns").context["others"])
    assert [one["key"] for one in others["Metrics"]] == ["eval/loss"]


def test_columns_of_metrics_take_one_query(owner_client):
    def queries(query):
        with CaptureQueriesContext(connection) as caught:
            owner_client.get(f"/s/{sweep.pk}{query}")
        return len(caught)

    sweep = filled()
    for run in sweep.runs.all():
        for key in ("eval/loss", "eval/recall"):
            Series.objects.create(run=run, key=key, count=2, min=0.1, max=0.9, last="0.5")
    queries("")
    usual = queries("")
    assert queries("?cols=eval/loss,eval/recall") == usual + 1
    assert queries("?cols=objective") == usual


def test_plots_follow_the_sampler_and_the_objectives(owner_client):
    def plots(sweep):
        return [
            [key for key, _ in card["plots"]] for card in owner_client.get(f"/s/{sweep.pk}").context["cards"]
        ]

    two = {"args.learning_rate": [0.001, 0.002], "args.seed": [1, 2]}
    assert plots(filled(space=two)) == [
        ["grid", "history", "curves", "edf", "timeline"],
        ["contour", "slice"],
    ]
    objectives = [
        {"metric": KEY, "greater_is_better": True},
        {"metric": "eval/loss", "greater_is_better": False},
    ]
    several = filled(sampler="nsga2", objectives=objectives)
    assert plots(several) == [["pareto", "history", "curves", "edf", "timeline"], ["slice"]]


def test_of_three_objectives_two_are_put_on_the_axes_and_the_front_is_a_column(owner_client):
    objectives = [{"metric": key, "greater_is_better": True} for key in (KEY, "eval/speed", "eval/recall")]
    sweep = new_sweep(sampler="nsga2", objectives=objectives)
    # The second is beaten in two of them only, the third in all.
    for trial, values in enumerate([(0.9, 0.5, 0.5), (0.8, 0.4, 0.6), (0.7, 0.3, 0.4)]):
        run = add(sweep, trial)
        for key, value in zip((KEY, "eval/speed", "eval/recall"), values, strict=True):
            Series.objects.create(run=run, key=key, count=1, min=value, max=value, last=str(value))
    page = owner_client.get(f"/s/{sweep.pk}?sort=-front&cols=front").content.decode()
    assert re.findall(r'data-objective-choice aria-label="(\w+)"', page) == ["Across", "Up"]
    rows = re.findall(r'data-number="(\d)".*?<td class="">(front)?</td>', page, re.S)
    assert rows == [("0", "front"), ("1", "front"), ("2", "")]


def live(client, sweep, **query):
    return client.get(f"/s/{sweep.pk}/live", query).json()


def test_news_are_the_trials_that_may_have_changed(owner_client):
    sweep = filled()
    add(sweep, 3, "running")
    add(sweep, 4, "queued")
    news = live(owner_client, sweep, open="1", after="3", have="4")
    assert [row[0] for row in news["data"]["rows"]] == [1, 3, 4]
    assert 'data-part="sweep-counts"' in news["head"]
    assert news["title"] == "3/5 lr"


def test_a_page_whose_trials_went_away_is_told_to_load_anew(owner_client):
    sweep = filled()
    sweep.runs.filter(trial=0).delete()
    assert live(owner_client, sweep, open="", after="2", have="3") == {"reload": True}


def test_curves_are_the_finite_points_of_the_trials_asked_for(owner_client):
    from runs.series import append
    from trainer_bridge.protocol import Metrics

    sweep = filled(())
    for trial in range(2):
        points = [(10, 0.5), (20, float("nan")), (30, 0.7)]
        found = [Metrics(step=step, time=1.0, epoch=1.0, values={KEY: value}) for step, value in points]
        append(add(sweep, trial).pk, 1, found)
    curves = owner_client.get(f"/s/{sweep.pk}/curves").json()["curves"]
    assert curves == [[0, [10, 30], [0.5, 0.7]], [1, [10, 30], [0.5, 0.7]]]
    assert len(owner_client.get(f"/s/{sweep.pk}/curves?trials=1").json()["curves"]) == 1


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ({}, [0, 1, 2]),
        ({"b.learning_rate": "0.002..0.003"}, [1, 2]),
        ({"b.learning_rate": "..0.0015"}, [0]),
        ({"b.objective": "0.6.."}, [1, 2]),
        ({"b.learning_rate": "0.002..", "b.objective": "0.8.."}, [1]),
        ({"b.gone": "1..2"}, [0, 1, 2]),
        ({"b.objective": "a..b"}, [0, 1, 2]),
        ({"pruned": "0"}, [0, 1]),
    ],
)
def test_brushes_of_the_address(query, numbers):
    sweep = filled()
    sweep.runs.filter(trial=2).update(is_pruned=True)
    assert [row.number for row in brushed(sweep_rows(sweep), query)] == numbers


def test_brush_of_words():
    sweep = filled(space={"args.optim": ["sgd", "adamw_torch"], "args.bf16": [True, False]})
    for run in sweep.runs.all():
        run.trial_params = {"args.optim": "sgd" if run.trial else "adamw_torch", "args.bf16": run.trial == 2}
        run.save()
    found = sweep_rows(sweep)
    assert [row.number for row in brushed(found, {"b.optim": "sgd"})] == [1, 2]
    assert [row.number for row in brushed(found, {"b.bf16": "true"})] == [2]


def test_importance_is_asked_of_the_measured_trials_in_the_brush(owner_client, monkeypatch):
    asked = []

    def look(question, measured, method):
        asked.append((measured, method))
        return importance_card.importance.Importance("ready", method, len(measured.y))

    monkeypatch.setattr(importance_card.importance, "look", look)
    sweep = filled()
    add(sweep, 3, "running")
    answer = owner_client.get(f"/s/{sweep.pk}/importance", {"method": "plain", "b.objective": "0.6.."}).json()
    assert (answer["state"], answer["n"]) == ("ready", 2)
    assert asked[0][0].x == [[0.002], [0.003]]
    assert asked[0][0].params == [{"name": "args.learning_rate", "values": [0.001, 0.002]}]
    owner_client.get(f"/s/{sweep.pk}/importance", {"method": "nonsense"})
    assert asked[1][1] == "fanova"


def test_the_page_of_a_sweep_without_trials_says_so(owner_client):
    response = owner_client.get(f"/s/{new_sweep(sampler='tpe', trials_wanted=5).pk}")
    assert "no trial has measured eval/f1 yet" in response.content.decode()


@pytest.mark.parametrize("part", ["live", "curves", "importance"])
def test_parts_of_a_sweep_that_is_not_there_are_404(owner_client, part):
    assert owner_client.get(f"/s/none/{part}").status_code == 404
