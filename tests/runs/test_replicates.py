"""Runs that differ only by seed: which are a group, and how groups compare."""

import pytest
from scipy import stats as known

from runs.group_compare import compare_groups
from runs.models import Series
from runs.replicates import group_replicates
from runs.states import State
from tests.runs.checkpoints.folders import new_run

pytestmark = pytest.mark.django_db
KEY = "eval/accuracy"


def seeded(seed, value=None, key=KEY, rate=0.002, state=State.FINISHED, **fields):
    args = {"learning_rate": rate, "seed": seed, **fields.pop("args", {})}
    run = new_run(spec={"recipe": "digits-vit", "args": args}, state=state, name=f"lr{rate:g}", **fields)
    if value is not None:
        measured(run, key, value)
    return run


def measured(run, key, value):
    Series.objects.create(run=run, key=key, count=1, min=value, max=value, min_step=9, max_step=9)


def group_of(values, rate, key=KEY):
    return [seeded(seed, value, key, rate) for seed, value in enumerate(values)]


def sizes(*runs):
    return [len(group.runs) for group in group_replicates(runs)]


@pytest.mark.parametrize(
    ("name", "told"),
    [("lr-t002-s1", "lr-t002"), ("wide-seed43", "wide"), ("lr-t002", "lr-t002"), ("s1", "s1")],
)
def test_a_group_is_called_without_its_seed(name, told):
    runs = [seeded(1), seeded(2)]
    runs[0].name = name
    assert group_replicates(runs)[0].name == told
    assert group_replicates(runs[:1])[0].name == name


def test_seed_and_data_seed_are_all_that_may_differ():
    same = [seeded(1), seeded(2), seeded(1, args={"data_seed": 5})]
    assert sizes(*same) == [3]
    assert sizes(*same, seeded(3, rate=0.1), new_run(spec={"recipe": "byte-lm"})) == [3, 1, 1]
    # 0.002 is the recipe's own learning rate.
    assert sizes(seeded(1), new_run(spec={"recipe": "digits-vit", "args": {"seed": 2}})) == [2]


@pytest.mark.parametrize(
    "other",
    [
        {"source": {"sha256": "b"}, "data": {"train": 9}},
        {"source": {"sha256": "a"}, "data": {"train": 8}},
    ],
)
def test_other_data_or_another_text_of_the_recipe_is_another_group(other):
    told = {"source": {"sha256": "a", "text": "long"}, "data": {"train": 9}}
    first, second = seeded(1, environment=told), seeded(2, environment=other)
    queued = seeded(3, state=State.QUEUED)
    groups = group_replicates([queued, first, second])
    assert [group.runs for group in groups] == [[queued, first], [second]]


def test_forks_and_runs_without_a_seed_are_no_replicates_of_others():
    parent = seeded(1)
    assert sizes(parent, seeded(2, parent=parent, forked_step=5)) == [1, 1]
    assert sizes(*(new_run(origin="external", spec={"config": {"lr": 1}}) for _ in range(2))) == [1, 1]


def test_the_same_seed_again_counts_once():
    failed, again, third = seeded(1, state=State.FAILED), seeded(1), seeded(1)
    (group,) = group_replicates([failed, again, third])
    assert (group.runs, group.repeats) == ([again], [failed, third])


def test_only_finished_seeds_count():
    values = [(0.8, State.FINISHED), (0.9, State.FINISHED), (0.1, State.RUNNING), (0.2, State.FAILED)]
    runs = [seeded(seed, value, state=state) for seed, (value, state) in enumerate(values)]
    (group,) = group_replicates(runs)
    assert (group.counted, group.pending) == (runs[:2], [runs[2]])
    assert compare_groups([group]).metrics[0].cells[0].mean.mean == pytest.approx(0.85)


def compared(*rows, key=KEY, level=0.95):
    runs = [run for number, row in enumerate(rows) for run in group_of(row, 0.001 * (number + 1), key)]
    return compare_groups(group_replicates(runs), level)


CLOSE, CLOSER, FAR = (0.90, 0.92, 0.91), (0.91, 0.93, 0.90), (0.70, 0.71, 0.72)


def test_difference_is_that_of_scipy_and_within_noise_nothing_is_filled():
    comparison = compared(CLOSE, CLOSER)
    base, other = comparison.metrics[0].cells
    test = known.ttest_ind(CLOSER, CLOSE, equal_var=False)
    assert other.difference.p == pytest.approx(test.pvalue)
    assert (other.difference.low, other.difference.high) == pytest.approx(test.confidence_interval(0.95))
    assert other.verdict == "noise"
    assert other.needed > 3
    assert [(cell.is_best, cell.is_tied) for cell in (base, other)] == [(False, True)] * 2
    assert comparison.tested == 1


@pytest.mark.parametrize(("key", "verdict", "best"), [(KEY, "worse", 0), ("eval/loss", "better", 1)])
def test_outside_noise_by_the_direction_of_the_metric(key, verdict, best):
    cells = compared(CLOSE, FAR, key=key).metrics[0].cells
    assert cells[1].verdict == verdict
    assert [cell.is_best for cell in cells] == [best == 0, best == 1]
    assert not any(cell.is_tied for cell in cells)


def test_tied_best_beside_one_that_is_worse():
    cells = compared(CLOSE, CLOSER, FAR).metrics[0].cells
    assert [cell.is_tied for cell in cells] == [True, True, False]
    assert not any(cell.is_best for cell in cells)


def test_one_seed_has_no_interval_and_no_claim():
    base, other = compared(CLOSE, (0.99,)).metrics[0].cells
    assert (other.mean.half, other.difference, other.verdict) == (None, None, "untested")
    assert not any(cell.is_best or cell.is_tied for cell in (base, other))


def test_without_spread_the_difference_is_what_it_is():
    cells = compared((0.5, 0.5), (0.5, 0.5), (0.6, 0.6)).metrics[0].cells
    assert [cell.verdict for cell in cells] == ["", "same", "better"]
    assert [cell.is_best for cell in cells] == [False, False, True]
    assert not any(cell.is_tied for cell in compared((0.5, 0.5), (0.5, 0.5)).metrics[0].cells)


def test_seeds_are_no_difference_of_settings():
    comparison = compared(CLOSE, FAR)
    assert [row.name for row in comparison.config] == ["args.learning_rate"]


@pytest.mark.parametrize("count", [1, 3])
def test_groups_take_one_query(django_assert_num_queries, count):
    groups = group_replicates([run for n in range(count) for run in group_of(CLOSE, 0.001 * (n + 1))])
    with django_assert_num_queries(1):
        compare_groups(groups)
