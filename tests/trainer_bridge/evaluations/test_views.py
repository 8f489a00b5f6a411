"""What is counted batch by batch equals what scikit-learn says of all rows at once."""

import pickle

import numpy
import pytest
import torch
from sklearn import metrics

from runs.evaluations import classes, curves
from tests.trainer_bridge.evaluations.tools import batches, counted, examples, noisy_logits
from trainer_bridge.evaluations.cells import DENSE
from trainer_bridge.evaluations.classification import Classification
from trainer_bridge.evaluations.language import Language
from trainer_bridge.evaluations.multi_label import MultiLabel
from trainer_bridge.evaluations.regression import Regression
from trainer_bridge.evaluations.tagging import Tagging
from trainer_bridge.evaluations.tally import IGNORED


@pytest.fixture
def classified():
    logits, labels = noisy_logits(300, 5)
    names = ["a", "b", "c", "d", "e"]
    return counted(Classification(names, examples()), logits, labels).result(), logits, labels


def test_the_confusion_matrix_is_that_of_all_rows(classified):
    view, logits, labels = classified
    found = numpy.zeros((5, 5), dtype=int)
    for true, said, rows in view["cells"]:
        found[true, said] = rows
    assert found.tolist() == metrics.confusion_matrix(labels, logits.argmax(-1)).tolist()
    assert view["mean_loss"] == pytest.approx(float(torch.nn.functional.cross_entropy(logits, labels)))


def test_precision_recall_and_f1_of_each_class(classified):
    view, logits, labels = classified
    precision, recall, f1, rows = metrics.precision_recall_fscore_support(labels, logits.argmax(-1))
    found = {row.number: row for row in classes.rows_of(view)}
    for c in range(5):
        told = found[c].values()
        assert told == pytest.approx(
            {"precision": precision[c], "recall": recall[c], "f1": f1[c], "rows": rows[c]}
        )
    assert [row.f1 for row in classes.rows_of(view)] == sorted(f1)


def test_curves_of_binned_scores_have_the_areas_of_the_exact_ones(classified):
    view, logits, labels = classified
    scores = torch.softmax(logits, -1).numpy()
    for c, bins in view["scores"]["classes"].items():
        truth = labels.numpy() == int(c)
        exact = metrics.average_precision_score(truth, scores[:, int(c)])
        assert curves.precision_recall(bins).area == pytest.approx(exact, abs=0.03)
        assert curves.roc(bins).area == pytest.approx(
            metrics.roc_auc_score(truth, scores[:, int(c)]), abs=0.005
        )


def test_calibration_is_counted_over_all_rows(classified):
    view, logits, labels = classified
    sure = torch.softmax(logits, -1).max(-1).values.numpy()
    right = (logits.argmax(-1) == labels).numpy()
    bins = view["calibration"]
    assert sum(count for count, _, _ in bins) == 300
    mean = sum(count * confidence for count, confidence, _ in bins) / 300
    assert mean == pytest.approx(sure.mean(), abs=1e-4)
    places = numpy.minimum((sure * 15).astype(int), 14)
    error = sum(abs(sure[places == p].sum() - right[places == p].sum()) for p in range(15)) / 300
    assert curves.calibration_error(bins) == pytest.approx(error, abs=1e-4)


def test_many_classes_are_counted_sparsely_and_alike():
    count = DENSE + 50
    logits, labels = noisy_logits(400, count)
    view = counted(Classification([str(c) for c in range(count)], examples()), logits, labels).result()
    said = logits.argmax(-1)
    expected = {}
    for pair in zip(labels.tolist(), said.tolist(), strict=True):
        expected[pair] = expected.get(pair, 0) + 1
    assert {(t, s): rows for t, s, rows in view["cells"]} == expected


def test_rows_without_a_label_or_from_padding_are_not_counted():
    logits, labels = noisy_logits(20, 3)
    labels[4] = IGNORED
    view = Classification(["a", "b", "c"], examples())
    for batch in batches(logits, labels):
        batch.rows[batch.rows >= 15] = -1
        view.add(batch)
    assert view.result()["rows"] == 14


def test_two_processes_count_what_one_does():
    logits, labels = noisy_logits(60, 4)
    names = list("abcd")
    alone = counted(Classification(names, examples(range(5))), logits, labels, size=10)
    shares = [Classification(names, examples(range(5))) for _ in range(2)]
    for place, batch in enumerate(batches(logits, labels, size=10)):
        shares[place % 2].add(batch)
    shares[0].merge(pickle.loads(pickle.dumps(shares[1])))
    together, expected = shares[0].result(), alone.result()
    for key in ("rows", "cells", "per_class", "scores"):
        assert together[key] == expected[key]
    assert together["mean_loss"] == pytest.approx(expected["mean_loss"])
    assert {row["row"] for row in shares[0].examples.kept()} == {row["row"] for row in alone.examples.kept()}


def test_several_labels_are_counted_each_by_itself():
    random = torch.Generator().manual_seed(1)
    labels = (torch.rand(80, 3, generator=random) > 0.6).float()
    logits = torch.randn(80, 3, generator=random) + 2 * labels
    view = counted(MultiLabel(["x", "y", "z"], examples()), logits, labels).result()
    precision, recall, f1, _ = metrics.precision_recall_fscore_support(labels, (logits > 0).float())
    for row in classes.rows_of(view):
        assert row.f1 == pytest.approx(f1[row.number])
        assert (row.precision, row.recall) == pytest.approx((precision[row.number], recall[row.number]))
    loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, labels)
    assert view["mean_loss"] == pytest.approx(float(loss))


def test_numbers_have_errors_and_points():
    random = torch.Generator().manual_seed(2)
    true = torch.randn(50, generator=random)
    said = true + 0.3 * torch.randn(50, generator=random) + 0.1
    view = counted(Regression(frozenset({3, 40}), examples()), said[:, None], true).result()
    assert view["r2"] == pytest.approx(metrics.r2_score(true, said))
    assert view["mae"] == pytest.approx(metrics.mean_absolute_error(true, said), rel=1e-5)
    assert view["bias"] == pytest.approx(float((said - true).mean()), rel=1e-4)
    assert [row for row, _, _ in view["points"]] == [3, 40]


def test_entities_are_counted_whole():
    names = ["O", "B-PER", "I-PER", "B-LOC"]
    labels = torch.tensor([[1, 2, 0, 3], [0, 1, IGNORED, IGNORED]])
    logits = torch.zeros(2, 4, 4)
    for place, tag in enumerate([1, 2, 0, 0]):  # the person is found, the place is not
        logits[0, place, tag] = 5
    logits[1, 0, 0] = logits[1, 1, 3] = 5  # a place is said where a person is
    ids = torch.arange(8).reshape(2, 4)
    view = Tagging(names, lambda token: str(int(token)), examples([0, 1]))
    counted(view, logits, labels, input_ids=ids)
    assert view.result()["entities"] == {"LOC": [1, 1, 0], "PER": [2, 1, 1]}
    assert view.result()["tokens"] == 6
    told = view.examples.kept()[1]
    assert told["tokens"] == [["4", 0, 0], ["5", 1, 3]]


@pytest.mark.parametrize("shifted", [True, False])
def test_the_loss_by_length_adds_up_to_the_models(shifted):
    random = torch.Generator().manual_seed(3)
    ids = torch.randint(11, (6, 9), generator=random)
    logits = torch.randn(6, 9, 11, generator=random)
    labels = ids.clone()
    labels[2, 5:] = IGNORED
    view = counted(Language(shifted, str, examples()), logits, labels, size=4).result()
    outputs, wanted = (logits[:, :-1], labels[:, 1:]) if shifted else (logits, labels)
    loss = torch.nn.functional.cross_entropy(outputs.reshape(-1, 11), wanted.reshape(-1))
    assert view["mean_loss"] == pytest.approx(float(loss), rel=1e-5)
    assert sum(tokens for _, tokens, _, _ in view["lengths"]) == view["tokens"]
    lengths = [upto for upto, *_ in view["lengths"]]
    assert lengths == ([1, 2, 4, 8] if shifted else [16])
