"""How the charts of a project draw its runs when groups are one line each."""

import pytest

from runs.models import Run
from runs.states import State
from tests.runs.checkpoints.folders import new_run

pytestmark = pytest.mark.django_db


def run_of(rate, seed, state=State.FINISHED, **args):
    spec = {"recipe": "digits-vit", "args": {"learning_rate": rate, "seed": seed, **args}}
    return new_run(name=f"r{rate}-{seed}", spec=spec, state=state, mark=Run.objects.count() + 1)


def means(client, runs, group=""):
    answer = client.get(
        "/p/digits/runs/means", {"runs": ",".join(run.pk for run in runs), "group": group}
    ).json()
    return answer["by"], answer["lines"]


def told(lines):
    return [(line["name"], line["mark"], line["n"], bool(line["id"])) for line in lines]


def test_runs_that_differ_only_by_seed_are_one_line_of_the_finished_ones(owner_client):
    a = [run_of(0.001, seed) for seed in (1, 2, 3)]
    late = run_of(0.001, 4, State.RUNNING)
    alone = run_of(0.002, 1)
    by, lines = means(owner_client, [*a, late, alone])
    assert (by, told(lines)) == (
        "",
        [(a[0].name, a[0].mark, "3 of 4 seeds", True), (alone.name, alone.mark, "1 seed", False)],
    )
    assert lines[0]["runs"] == [run.pk for run in a]
    assert lines[0]["members"] == [run.pk for run in (*a, late)]
    assert lines[0]["ci"] == 95


def test_a_line_of_other_runs_has_another_id(owner_client):
    a = [run_of(0.001, seed) for seed in (1, 2)]
    late = run_of(0.001, 3, State.RUNNING)
    before = means(owner_client, [*a, late])[1][0]["id"]
    assert means(owner_client, a)[1][0]["id"] == before
    Run.objects.filter(pk=late.pk).update(state=State.FINISHED)
    assert means(owner_client, [*a, late])[1][0]["id"] != before


def test_a_group_of_which_none_has_finished_is_drawn_run_by_run(owner_client):
    runs = [run_of(0.001, seed, State.RUNNING) for seed in (1, 2)]
    assert told(means(owner_client, runs)[1]) == [(runs[0].name, runs[0].mark, "0 of 2 seeds", False)]


def test_fields_of_the_tables_grouping_come_before_seeds(owner_client):
    runs = [run_of(rate, seed) for rate in (0.001, 0.002) for seed in (1, 2)]
    by, lines = means(owner_client, runs, "args.seed,no_such_field")
    assert by == "seed"
    assert told(lines) == [
        ("seed 1", runs[0].mark, "2 runs", True),
        ("seed 2", runs[1].mark, "2 runs", True),
    ]
    assert means(owner_client, runs, "no_such_field")[0] == ""


def test_runs_of_another_project_are_none_of_it(owner_client):
    assert means(owner_client, [run_of(0.001, 1)])[1]
    stranger = Run.objects.get()
    stranger.project = stranger.project.__class__.objects.create(slug="other", name="other")
    stranger.save()
    assert means(owner_client, [stranger]) == ("", [])


@pytest.mark.parametrize("group", ["", "args.learning_rate"])
def test_queries_are_the_same_for_two_groups_and_six(owner_client, django_assert_max_num_queries, group):
    runs = [run_of(0.001 * number, seed) for number in range(1, 7) for seed in (1, 2)]
    means(owner_client, runs, group)
    for shown in (runs[:4], runs):
        with django_assert_max_num_queries(8):
            means(owner_client, shown, group)
