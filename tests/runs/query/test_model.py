"""A filter over stored runs finds what a plain model of it finds; on PostgreSQL too (test_postgres.py)."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from runs.models import Project, Run
from runs.query import parse, text_of
from runs.query.evaluate import evaluate
from runs.query.tree import Node
from runs.series import append
from runs.table.columns import RunColumns
from runs.table.index import Index
from tests.runs.query.trees import holds, known_trees, runs
from trainer_bridge.protocol import Metrics


def store(project: Project, wanted: dict[str, Any]) -> str:
    """A run with these values; a setting or metric of None is not there."""
    config = {key: wanted[key] for key in ("seed", "opt") if wanted[key] is not None}
    named = {name: wanted[name] for name in ("name", "state")}
    run = Run.objects.create(project=project, tags=wanted["tag"], spec={"config": config}, **named)
    if wanted["eval/acc"] is not None:
        append(run.pk, 1, [Metrics(step=1, time=1.0, values={"eval/acc": wanted["eval/acc"]})])
    return run.pk


def found(index: Index, tree: Node) -> set[str]:
    index.refresh()
    mask = evaluate(parse(text_of(tree)), RunColumns(index, now=0.0))
    return {run for run, is_in in zip(index.ids, mask, strict=True) if is_in}


class TestModel(TestCase):
    @given(st.lists(runs, min_size=1, max_size=6), st.lists(known_trees, min_size=1, max_size=6))
    @settings(max_examples=50, suppress_health_check=list(HealthCheck))
    def test_filters_find_what_they_mean(self, wanted: list[dict[str, Any]], trees: list[Node]):
        project = Project.objects.create(slug="p", name="p")
        # Every key is known, so that no filter is refused.
        complete = {"name": "all", "tag": [], "state": "failed", "seed": 1, "opt": 1, "eval/acc": 1.0}
        stored = {store(project, run): run for run in [*wanted, complete]}
        index = Index(project.pk)
        for tree in trees:
            assert found(index, tree) == {pk for pk, run in stored.items() if holds(tree, run)}
