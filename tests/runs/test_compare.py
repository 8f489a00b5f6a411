import math

import pytest

from runs.compare import compare
from runs.directions import greater_is_better
from runs.fairness import fairness
from runs.models import Series
from tests.runs.checkpoints.folders import new_run

pytestmark = pytest.mark.django_db


def measured(run, key, low, high, **fields):
    return Series.objects.create(
        run=run, key=key, count=5, min=low, min_step=10, max=high, max_step=20, last=str(high), **fields
    )


def cells(comparison, key):
    return next(row.cells for row in comparison.metrics if row.key == key)


def test_best_by_direction_with_its_step_and_the_difference_to_the_baseline():
    first, second = new_run(), new_run()
    for run, accuracy, loss in ((first, 0.90, 0.5), (second, 0.95, 0.6)):
        measured(run, "eval/accuracy", 0.1, accuracy)
        measured(run, "eval/loss", loss, 2.0)
    comparison = compare([first, second])
    base, other = cells(comparison, "eval/accuracy")
    assert (base.value, base.step, base.is_best, base.delta, base.verdict) == (0.90, 20, False, None, "")
    assert (other.value, other.step, other.is_best, other.verdict) == (0.95, 20, True, "better")
    assert math.isclose(other.delta, 0.05)
    base, other = cells(comparison, "eval/loss")
    assert (base.value, base.step, base.is_best) == (0.5, 10, True)
    assert (other.is_best, other.verdict) == (False, "worse")


def test_ties_are_all_best_and_what_all_share_is_not():
    runs = [new_run() for _ in range(3)]
    for run, value in zip(runs, (0.9, 0.9, 0.8), strict=True):
        measured(run, "eval/accuracy", 0, value)
        measured(run, "eval/f1", 0, 0.5)
    comparison = compare(runs)
    assert [cell.is_best for cell in cells(comparison, "eval/accuracy")] == [True, True, False]
    assert [cell.is_best for cell in cells(comparison, "eval/f1")] == [False, False, False]
    assert cells(comparison, "eval/f1")[1].verdict == "same"


def test_run_that_did_not_measure_or_only_nan():
    first, second, third = new_run(), new_run(), new_run()
    measured(first, "eval/accuracy", 0, 0.9)
    Series.objects.create(run=third, key="eval/accuracy", count=1, last="NaN", nan_count=1)
    row = cells(compare([first, second, third]), "eval/accuracy")
    assert [(cell.value, cell.delta, cell.verdict) for cell in row[1:]] == [
        (None, None, ""),
        (None, None, ""),
    ]


def with_data(fingerprint, **splits):
    rows = {"train": splits.get("max_samples", 90), "evaluation": 10}
    notes = {"fingerprint": fingerprint, "columns": {"text": "t"}, "rows": rows, "splits": splits}
    return new_run(environment={"data": {"notes": notes}})


def test_values_of_other_data_are_not_set_against_each_other():
    runs = [with_data("a"), with_data("a", max_samples=9), with_data("b"), new_run()]
    for at, run in enumerate(runs):
        measured(run, "eval/accuracy", 0, 0.6 + at / 10)
        measured(run, "final/train_runtime", 1 + at, 1 + at)
    row = cells(compare(runs), "eval/accuracy")
    assert [(cell.verdict, cell.is_best) for cell in row] == [
        ("", False),
        ("better", False),
        ("other data", False),
        ("better", True),  # what it saw is not known
    ]
    assert row[2].delta is None
    assert cells(compare(runs), "final/train_runtime")[2].verdict == "worse"


def test_single_run_is_not_best_of_itself():
    run = new_run()
    measured(run, "eval/accuracy", 0, 0.9)
    assert not cells(compare([run]), "eval/accuracy")[0].is_best


def test_rows_are_the_objective_then_quality_then_cost():
    run = new_run(objective="eval/f1")
    for key in (
        "speed/eval_runtime",
        "final/train_runtime",
        "final/train_loss",
        "eval/accuracy",
        "test/f1",
        "eval/f1",
        "eval/epoch",
        "final/train_samples_per_second",
        "train/loss",
    ):
        measured(run, key, 0, 1)
    keys = [row.key for row in compare([run]).metrics]
    assert keys == ["eval/f1", "eval/accuracy", "test/f1", "final/train_loss", "final/train_runtime"]


def test_direction_is_what_the_runs_were_told():
    run = new_run(objective="eval/score", greater_is_better=False)
    measured(run, "eval/score", 0.1, 0.9)
    row = compare([run]).metrics[0]
    assert (row.greater_is_better, row.cells[0].value) == (False, 0.1)


@pytest.mark.parametrize(
    ("key", "greater"),
    [
        ("eval/accuracy", True),
        ("eval/f1", True),
        ("eval/samples_per_second", True),
        ("test/r2", True),
        ("eval/lossless_ratio", True),
        ("eval/loss", False),
        ("final/train_loss", False),
        ("eval/perplexity", False),
        ("eval/bits_per_byte", False),
        ("test/mse", False),
        ("test/wer", False),
        ("eval/word_error_rate", False),
        ("eval/runtime", False),
        ("final/train_runtime", False),
    ],
)
def test_direction_by_name(key, greater):
    assert greater_is_better(key) is greater


def test_the_test_split_has_the_direction_of_the_objective():
    assert greater_is_better("test/score", {"eval/score": False}) is False
    assert greater_is_better("test/loss", {"eval/loss": True, "test/loss": False}) is False


def test_config_tells_what_differs_and_how_much_is_the_same():
    first = new_run(spec={"recipe": "digits-vit", "args": {"learning_rate": 0.002}})
    second = new_run(spec={"recipe": "digits-vit", "args": {"learning_rate": 0.001, "seed": 7}})
    comparison = compare([first, second])
    differing = {row.name: [cell.value for cell in row.cells] for row in comparison.config}
    # 0.002 is the recipe's own learning rate, 42 the Trainer's seed.
    assert differing == {"args.learning_rate": [0.002, 0.001], "args.seed": [42, 7]}
    assert "params.hidden_size" in {row.name for row in comparison.same}


@pytest.mark.parametrize("count", [1, 3])
def test_compare_takes_one_query(django_assert_num_queries, count):
    runs = [new_run() for _ in range(count)]
    for run in runs:
        measured(run, "eval/accuracy", 0, 0.9)
    with django_assert_num_queries(1):
        compare(runs)


def test_fairness_names_who_saw_other_data_or_ran_elsewhere():
    machine = {"processor": "x", "cpus": 2, "gpus": [], "threads": 1}
    same = {"data": {"train": 1257}, "packages": {"torch": "2.13.0"}, "hardware": machine}
    first = new_run(environment=same)
    second = new_run(environment={**same, "hardware": {**machine, "threads": 2}})
    assert [check.text for check in fairness([first, second]) if not check.is_fair] == []
    third = new_run(name="other", environment={**same, "data": {"train": 9}, "hardware": {"processor": "y"}})
    unfair = [check.text for check in fairness([first, second, third]) if not check.is_fair]
    assert unfair == [
        "other saw other data",
        "other ran on another machine: times are not comparable",
    ]
    fourth = new_run(spec={"recipe": "byte-lm"})
    assert [(check.is_fair, check.text) for check in fairness([first, fourth])] == [
        (False, "vit learned another recipe")
    ]


def test_another_text_of_an_own_recipe_is_not_the_same_recipe():
    def ran(name, digest, **helpers):
        source = {"file": "mine.py", "sha256": digest, "text": "", "helpers": helpers}
        return new_run(name=name, spec={"recipe": "mine"}, environment={"source": source})

    same = [ran("a", "1", _more="x"), ran("b", "1", _more="x")]
    assert [(check.is_fair, check.text) for check in fairness(same)] == [
        (True, "Same recipe"),
        (True, "Same text of the recipe"),
    ]
    for other in (ran("c", "2", _more="x"), ran("c", "1", _more="y")):
        assert fairness([same[0], other])[1].text == "c ran another text of the recipe's file"


def test_the_same_data_may_lie_in_two_places():
    notes = {
        "fingerprint": "sha256:ab",
        "columns": {"text": "review"},
        "rows": {"train": 90},
        "splits": {"eval_size": 10},
    }

    def saw(**told):
        return new_run(name="other", environment={"data": {"train": 90, "notes": notes | told}})

    first = saw(source="a.csv")
    assert fairness([first, saw(source="upload:abc123")])[-1].text == "Same data and splits"
    for told in ({"fingerprint": "sha256:cd"}, {"columns": {"text": "title"}}, {"splits": {"eval_size": 20}}):
        assert not fairness([first, saw(**told)])[-1].is_fair, told
