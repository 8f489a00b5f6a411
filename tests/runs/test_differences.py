"""What differs beside the settings: environment, code, long texts; and metrics of classes."""

import pytest

from runs.class_metrics import class_metrics
from runs.compare import config_rows
from runs.differences import differences, is_long, text_diffs
from runs.models import Run


def told(**environment):
    return [Run(environment=environment)]


def rows(found):
    return {row.name: [cell.value for cell in row.cells] for row in found}


def test_only_what_differs_is_listed_and_the_rest_is_counted():
    packages = {"torch": "2.13.0", "numpy": "2.4.6"}
    found = differences(
        [told(packages=packages, host="a"), told(packages={**packages, "torch": "2.12.0"}, host="a")]
    )
    assert rows(found.environment) == {"packages/torch": ["2.13.0", "2.12.0"]}
    assert found.same == 2


def test_a_run_that_told_nothing_yet_makes_no_difference():
    found = differences([told(host="a"), told(), told(host="a")])
    assert (found.environment, found.same) == ([], 1)


def test_seeds_of_a_group_that_differ_among_themselves_show_all_their_values():
    found = differences([told(host="a") + told(host="b"), told(host="a")])
    assert rows(found.environment) == {"host": [["a", "b"], "a"]}


def test_code_is_told_by_commit_and_the_changes_to_it_as_a_diff():
    git = {"commit": "c1", "diff": "one\ntwo\n"}
    found = differences([told(git=git), told(git={"commit": "c2", "diff": "one\nthree\n"})])
    assert rows(found.code) == {"git/commit": ["c1", "c2"]}
    (diff,) = found.texts
    assert (diff.name, diff.place) == ("git/diff", 1)
    assert diff.lines == [("place", "@@ -1,2 +1,2 @@"), ("", "one"), ("del", "two"), ("add", "three")]


def test_long_settings_are_texts_and_long_diffs_are_cut():
    (row,) = config_rows([{"prompt": "say\nthis"}, {"prompt": "\n".join(map(str, range(1000)))}])
    assert is_long(row)
    (diff,) = text_diffs(row)
    assert (len(diff.lines), diff.is_cut) == (400, True)
    assert not is_long(config_rows([{"optim": "adamw"}, {"optim": None}])[0])


@pytest.mark.parametrize(
    ("names", "found"),
    [
        ("f1 f1_cat f1_dog loss", {"eval/f1": {"cat": "eval/f1_cat", "dog": "eval/f1_dog"}}),
        ("f1 f1_macro f1_micro", {}),
        ("f1 f1_cat", {}),
        ("cat_f1 big_dog_f1 accuracy", {"eval/f1": {"cat": "eval/cat_f1", "big_dog": "eval/big_dog_f1"}}),
        (
            "roc_auc night_roc_auc day_roc_auc",
            {"eval/roc_auc": {"night": "eval/night_roc_auc", "day": "eval/day_roc_auc"}},
        ),
    ],
)
def test_classes_are_told_by_the_names_of_metrics(names, found):
    assert class_metrics([f"eval/{name}" for name in names.split()]) == found
