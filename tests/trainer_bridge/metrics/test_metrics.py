"""Measures against values known from elsewhere, or worked out by hand."""

import math
from typing import Any

import numpy
import pytest
import torch
from sklearn.metrics import roc_auc_score
from transformers import EvalPrediction

from trainer_bridge.metrics import classification, generation, language, questions, regression, tagging
from trainer_bridge.metrics.checked import checked
from trainer_bridge.processing import train_tokenizer


def prediction(predictions: Any, labels: Any) -> EvalPrediction:
    return EvalPrediction(predictions, numpy.array(labels))


def kept(metrics: Any, logits: Any, labels: Any) -> EvalPrediction:
    """What the Trainer hands to ``compute`` after ``keep`` has seen each batch."""
    found = metrics.keep(torch.tensor(logits, dtype=torch.float32), torch.tensor(labels))
    arrays = tuple(part.numpy() for part in found) if isinstance(found, tuple) else found.numpy()
    return prediction(arrays, labels)


def test_one_class_for_each_item() -> None:
    logits = numpy.array([[2.0, 0.0], [0.0, 1.0], [3.0, 0.0], [0.0, 0.5]])
    labels = [0, 1, 1, 1]
    found = classification.single_label().compute(prediction(logits, labels))
    area = roc_auc_score(labels, logits[:, 1] - logits[:, 0])
    # Class 0: precision 1/2, recall 1; class 1: precision 1, recall 2/3.
    assert found == pytest.approx(
        {
            "accuracy": 3 / 4,
            "precision": 3 / 4,
            "recall": 5 / 6,
            "f1": (2 / 3 + 4 / 5) / 2,
            "mcc": 1 / math.sqrt(3),
            "roc_auc": area,
        }
    )


def test_a_split_with_one_class_has_no_area_under_the_curve() -> None:
    found = classification.single_label().compute(prediction(numpy.array([[1.0, 0.0]] * 2), [0, 0]))
    assert math.isnan(found["roc_auc"])
    assert found["accuracy"] == 1


def test_several_labels_at_once() -> None:
    logits = numpy.array([[1.0, -1.0], [1.0, 1.0], [-1.0, -1.0]])
    found = classification.multi_label().compute(prediction(logits, [[1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]))
    assert found == pytest.approx(
        {"f1_micro": 6 / 7, "f1": (1 + 2 / 3) / 2, "exact_match": 2 / 3, "roc_auc": (1 + 3 / 4) / 2}
    )


@pytest.mark.parametrize("shape", [(-1,), (-1, 1)])
def test_one_number_for_each_item(shape: tuple[int, ...]) -> None:
    found = regression.regression().compute(
        prediction(numpy.array([1.0, 2.0, 9.0]).reshape(shape), [1.0, 2.0, 3.0])
    )
    assert found == pytest.approx(
        {"mse": 12, "mae": 2, "r2": -17, "pearson": 0.917663, "spearman": 1}, rel=1e-5
    )
    constant = regression.regression().compute(prediction(numpy.ones(3), [1.0, 2.0, 3.0]))
    assert math.isnan(constant["pearson"])


@pytest.mark.parametrize(
    ("tags", "entities"),
    [
        ("B-PER I-PER O B-LOC", {("PER", 0, 2), ("LOC", 3, 4)}),
        ("B-PER B-PER", {("PER", 0, 1), ("PER", 1, 2)}),
        ("I-PER I-LOC I-LOC", {("PER", 0, 1), ("LOC", 1, 3)}),
        ("S-LOC B-PER E-PER", {("LOC", 0, 1), ("PER", 1, 3)}),
        ("O O", set()),
    ],
)
def test_entities_of_a_text(tags: str, entities: set[tagging.Entity]) -> None:
    assert tagging.entities_of(tags.split()) == entities


def test_tags_of_entities_ignore_pieces_without_a_label() -> None:
    names = ["O", "B-MISC", "I-MISC", "B-PER", "I-PER"]
    truth = [[0, 0, 0, 1, 2, 2, 0], [3, 4, 0, -100, -100, -100, -100]]
    found = numpy.array([[0, 0, 1, 2, 2, 2, 0], [3, 4, 0, 1, 1, 1, 1]])
    measured = tagging.tagging(names)
    one_hot = numpy.eye(5)[found]
    expected = {"precision": 0.5, "recall": 0.5, "f1": 0.5, "accuracy": 8 / 10}
    assert measured.compute(prediction(one_hot, truth)) == pytest.approx(expected)
    assert measured.compute(kept(measured, one_hot, truth)) == pytest.approx(expected)


def test_tags_without_entities_are_averaged() -> None:
    found = tagging.tagging(["NOUN", "VERB"]).compute(prediction(numpy.array([[0, 1, 1]]), [[0, 1, 0]]))
    assert found == pytest.approx(
        {"precision": 3 / 4, "recall": 3 / 4, "f1": (2 / 3 + 2 / 3) / 2, "accuracy": 2 / 3}
    )


def test_perplexity_and_accuracy_of_the_next_token() -> None:
    metrics = language.next_token()
    logits = numpy.log(numpy.array([[[0.5, 0.5], [0.25, 0.75], [1e-9, 1.0]]]))
    found = metrics.compute(kept(metrics, logits, [[0, 1, 1]]))
    assert found["perplexity"] == pytest.approx(math.exp((math.log(2) + math.log(4 / 3)) / 2))
    assert found["accuracy"] == 0.5  # of two equal logits the first is taken


def test_only_masked_tokens_count() -> None:
    metrics = language.masked_token()
    logits = numpy.log(numpy.array([[[0.5, 0.5], [0.2, 0.8]]]))
    found = metrics.compute(kept(metrics, logits, [[-100, 1]]))
    assert found == pytest.approx({"perplexity": 1.25, "accuracy": 1})
    assert math.isnan(metrics.compute(kept(metrics, logits, [[-100, -100]]))["perplexity"])


def test_written_texts() -> None:
    texts = ["the cat sat here", "größe 日本 und mehr"]
    assert generation.compare(texts, texts) == pytest.approx(
        {"rouge1": 100, "rouge2": 100, "rougeL": 100, "bleu": 100, "chrf": 100, "exact_match": 1}, abs=1e-6
    )
    half = generation.compare(["the dog sat"], ["the cat sat"])
    assert (half["rouge1"], half["rouge2"], half["exact_match"]) == pytest.approx((200 / 3, 0, 0))


def test_written_texts_are_read_from_token_ids_padding_left_out() -> None:
    tokenizer = train_tokenizer(["the cat sat"], "t5", 300, {})
    wanted = tokenizer(["the cat sat", "the cat"])["input_ids"]
    longest = max(map(len, wanted))
    labels = [ids + [-100] * (longest - len(ids)) for ids in wanted]
    metrics = generation.generation(tokenizer)
    found = metrics.compute(prediction(numpy.array(labels), labels))
    assert found["exact_match"] == 1
    assert found["written_tokens"] == sum(map(len, wanted)) / 2


def test_answers_to_questions() -> None:
    found = questions.answer_scores(
        ["The Eiffel tower!", "", "in Rome"], [["eiffel tower"], [], ["Rome", "Paris"]]
    )
    assert found == pytest.approx({"exact_match": 2 / 3, "f1": (1 + 1 + 2 / 3) / 3})


@pytest.mark.parametrize(
    ("returned", "sentence"),
    [
        (
            None,
            r"must return a dictionary of numbers, such as \{'accuracy': 0.9\}; it returned NoneType None",
        ),
        ([0.5], r"it returned list \[0.5\]"),
        ({"f1": [0.1, 0.2]}, r"“f1” is list \[0.1, 0.2\]"),
        ({"f1": "high"}, r"“f1” is str 'high'"),
        ({1: 0.5}, "must name its numbers by text; it has int 1"),
    ],
)
def test_what_is_no_dictionary_of_numbers_fails(returned: Any, sentence: str) -> None:
    with pytest.raises(TypeError, match=f"compute_metrics of the recipe toy .*{sentence}"):
        checked(lambda prediction: returned, "the recipe toy")(None)


def test_numbers_of_other_libraries_are_numbers() -> None:
    given = {"a": 1, "b": numpy.float32(0.5), "c": torch.tensor(0.25), "d": numpy.array([2.0])}
    assert checked(lambda prediction: given, "x")(None) == {"a": 1, "b": 0.5, "c": 0.25, "d": 2.0}
