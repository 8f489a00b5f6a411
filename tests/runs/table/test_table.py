"""Keys, order, groups and refreshing of the columns in memory."""

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from runs.models import Project, Run, Sweep
from runs.query import QueryError
from runs.series import append
from runs.table.columns import RunColumns
from runs.table.groups import Lines
from runs.table.index import Index
from runs.table.order import ordered, sort_keys
from runs.table.shown import shown_columns
from runs.workspace import Asked, workspace
from trainer_bridge.protocol import Metrics

pytestmark = pytest.mark.django_db


def add(project: Project, name: str, *, metrics: dict[str, float] | None = None, args=None, **fields) -> Run:
    spec = {"recipe": "digits-vit", "args": args or {}}
    run = Run.objects.create(project=project, name=name, spec=spec, objective="eval/f1", **fields)
    if metrics:
        append(run.pk, 1, [Metrics(step=1, time=1.0, values=metrics)])
    return run


def columns(project: Project) -> RunColumns:
    index = Index(project.pk)
    index.refresh()
    return RunColumns(index, now=0.0)


def names(found: RunColumns, sort: str) -> list[str]:
    places = ordered(found, np.arange(found.size), sort_keys(found, sort))
    return [found.column("name").value(place) for place in places]


def test_several_sort_keys_and_missing_values_last(project):
    for name, f1, seed in (("a", 0.5, 2), ("b", 0.9, 1), ("c", 0.9, 0)):
        add(project, name, metrics={"eval/f1": f1}, args={"seed": seed})
    add(project, "none")
    found = columns(project)
    assert names(found, "-eval/f1,seed") == ["c", "b", "a", "none"]
    assert names(found, "eval/f1,-args.seed") == ["a", "b", "c", "none"]
    assert names(found, "") == ["none", "c", "b", "a"]


def test_a_setting_of_numbers_and_texts_sorts_numbers_first(project):
    for name, value in (("text", "auto"), ("ten", 10), ("two", 2)):
        Run.objects.create(project=project, name=name, spec={"config": {"size": value}})
    assert names(columns(project), "size") == ["two", "ten", "text"]


def test_an_unknown_sort_key_names_the_nearest(project):
    add(project, "a", metrics={"eval/f1": 0.5})
    with pytest.raises(QueryError) as found:
        sort_keys(columns(project), "name,-eval/f2")
    assert (found.value.at, found.value.end, found.value.nearest) == (6, 13, "eval/f1")


@pytest.mark.parametrize(
    ("typed", "full"),
    [
        ("learning_rate", "args.learning_rate"),
        ("args.learning_rate", "args.learning_rate"),
        ("hidden_size", "params.hidden_size"),
        ("eval/f1.best", "eval/f1"),
        ("eval/f1.last", "eval/f1.last"),
        ("tags", "tag"),
        ("nothing", None),
        ("eval/f1.nothing", None),
    ],
)
def test_keys_as_they_are_typed(project, typed: str, full: str | None):
    add(project, "a", metrics={"eval/f1": 0.5})
    assert columns(project).full_key(typed) == full


def test_best_goes_by_direction_and_defaults_are_values(project):
    run = add(project, "a", metrics={"eval/loss": 2.0})
    append(run.pk, 1, [Metrics(step=2, time=2.0, values={"eval/loss": 1.0, "eval/f1": float("nan")})])
    append(run.pk, 1, [Metrics(step=3, time=3.0, values={"eval/loss": 3.0})])
    found = columns(project)
    values = {key: found.column(key).value(0) for key in ("eval/loss", "eval/loss.last", "eval/loss.max")}
    assert values == {"eval/loss": 1.0, "eval/loss.last": 3.0, "eval/loss.max": 3.0}
    assert found.column("eval/f1.bad").value(0) == 1
    assert found.column("args.learning_rate").value(0) == 0.002


def by_name(found: RunColumns) -> np.ndarray:
    return ordered(found, np.arange(found.size), sort_keys(found, "name"))


def lines(found: RunColumns, keys: list[str], opened=(), loose=False) -> list[tuple]:
    every = Lines(found, by_name(found), keys, opened, loose)
    return [(line.values, len(line.places), line.depth) for line in every.page(0, 100)]


def test_groups_stand_at_their_first_run_and_open(project):
    for name, optim, seed in (("a", "sgd", 1), ("b", "adafactor", 1), ("c", "sgd", 1), ("d", "sgd", 2)):
        add(project, name, args={"optim": optim, "seed": seed})
    found = columns(project)
    keys = ["args.optim", "args.seed"]
    assert lines(found, keys) == [(("sgd", 1), 2, 0), (("adafactor", 1), 1, 0), (("sgd", 2), 1, 0)]
    every = Lines(found, by_name(found), keys)
    opened = Lines(found, by_name(found), keys, [every.name(0)])
    assert opened.count == 5
    assert [line.depth for line in opened.page(0, 5)] == [0, 1, 1, 0, 0]
    # A page that begins inside an open group.
    assert [found.column("name").value(line.place) for line in opened.page(2, 2)] == ["c", "b"]


def test_runs_without_a_sweep_stand_alone(project):
    sweep = Sweep.objects.create(project=project, name="lr", objective="eval/f1")
    add(project, "a")
    add(project, "b", sweep=sweep)
    add(project, "c", sweep=sweep)
    add(project, "d")
    found = lines(columns(project), ["sweep"], loose=True)
    assert found == [((), 1, 0), (("lr",), 2, 0), ((), 1, 0)]


def test_chosen_pinned_and_unknown_columns(project):
    add(project, "a", metrics={"eval/f1": 0.5})
    found = columns(project)
    shown = shown_columns(found, np.arange(1), "learning_rate,eval/f1,gone", "eval/f1")
    assert (shown.keys, shown.pinned, shown.unknown) == (["eval/f1", "args.learning_rate"], 1, ("gone",))


def test_a_refresh_takes_in_what_changed(project):
    index = Index(project.pk)
    first, second = add(project, "a", metrics={"eval/f1": 0.5}), add(project, "b", args={"seed": 7})
    index.refresh()
    append(first.pk, 1, [Metrics(step=2, time=2.0, values={"eval/f1": 0.75})])
    Run.objects.filter(pk=first.pk).update(name="renamed", version=1)
    third = add(project, "c")
    second.delete()
    index.refresh()
    found = RunColumns(index, 0.0)
    assert sorted(index.ids) == sorted([first.pk, third.pk])
    place = index.places[first.pk]
    assert found.column("name").value(place) == "renamed"
    assert found.column("eval/f1").value(place) == 0.75
    assert found.column("eval/f1").value(index.places[third.pk]) is None


def test_a_setting_that_is_taken_away_is_gone(project):
    run = Run.objects.create(project=project, name="a", spec={"config": {"lr": 1, "size": 2}})
    index = Index(project.pk)
    index.refresh()
    Run.objects.filter(pk=run.pk).update(spec={"config": {"lr": 3}}, version=1)
    index.refresh()
    found = RunColumns(index, 0.0)
    assert [found.column(f"config.{key}").value(0) for key in ("lr", "size")] == [3, None]


def test_nothing_changed_costs_two_queries(project):
    add(project, "a")
    index = Index(project.pk)
    index.refresh()
    with CaptureQueriesContext(connection) as queries:
        index.refresh()
    assert len(queries) == 2


def test_a_filter_that_matches_nothing_says_which_part(project):
    add(project, "a", state="failed", metrics={"eval/f1": 0.5})
    add(project, "b", state="running", metrics={"eval/f1": 0.9})
    with workspace(project, Asked(q="state:failed eval/f1>0.8 name~a,b")) as found:
        removed = [(part.text, part.count, part.rest, part.matching) for part in found.choice.removed]
    assert removed == [
        ("state:failed", 1, "eval/f1>0.8 name~a,b", 1),
        ("eval/f1>0.8", 1, "state:failed name~a,b", 1),
        ("name~a,b", 0, "state:failed eval/f1>0.8", 0),
    ]


def test_what_cannot_be_had_is_told_and_the_rest_stands(project):
    add(project, "a")
    with workspace(project, Asked(q="zzz:1", sort="yyy", group="xxx")) as found:
        assert [problem.name for problem in found.problems] == ["q", "sort", "group"]
        assert found.choice.matching == 0
    with workspace(project, Asked(sort="yyy")) as found:
        assert found.choice.matching == 1
