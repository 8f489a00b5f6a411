"""Which view an evaluation gets, told by its first batch: the outputs' and labels' shapes and the model's config."""

from typing import Any

from trainer_bridge.evaluations.answers import Answers
from trainer_bridge.evaluations.classification import Classification
from trainer_bridge.evaluations.examples import Examples
from trainer_bridge.evaluations.language import Language
from trainer_bridge.evaluations.look import Look
from trainer_bridge.evaluations.multi_label import MultiLabel
from trainer_bridge.evaluations.regression import Regression
from trainer_bridge.evaluations.tagging import Tagging
from trainer_bridge.evaluations.tally import Batch
from trainer_bridge.evaluations.texts import Texts

View = Answers | Classification | Language | MultiLabel | Regression | Tagging | Texts

#: Classes of models whose outputs foresee the next token, and those whose outputs foresee the one at their place.
_CAUSAL, _IN_PLACE = ("CausalLM", "LMHeadModel"), ("MaskedLM", "ConditionalGeneration", "Seq2SeqLM")


def view_of(model: Any, batch: Batch, look: Look, examples: Examples, drawn: frozenset[int]) -> View | None:
    """The view for outputs like those of ``batch``; None where nothing is known to show. ``drawn``: rows of points."""
    outputs, labels = batch.outputs, batch.labels
    if isinstance(labels, tuple):
        spans = len(labels) == 2 and isinstance(outputs, tuple) and all(part.ndim == 1 for part in labels)
        return Answers(look, examples) if spans and outputs[0].ndim == 2 and look.writes else None
    if isinstance(outputs, tuple) or labels is None or not hasattr(labels, "is_floating_point"):
        return None
    if not outputs.is_floating_point():
        return Texts(look, look.marks, examples) if labels.ndim == 2 and look.writes else None
    if labels.is_floating_point():
        return _of_numbers(model, outputs, labels, examples, drawn)
    if outputs.ndim == 2 and labels.ndim == 1:
        return Classification(class_names(model, outputs.shape[1]), examples)
    return _of_tokens(model, batch, look, examples) if outputs.ndim == 3 and labels.ndim == 2 else None


def class_names(model: Any, count: int) -> list[str]:
    """The names of a model's classes; their numbers where it has none or names them by number only."""
    names = getattr(getattr(model, "config", None), "id2label", None) or {}
    found = [str(names.get(place, place)) for place in range(count)]
    unnamed = len(names) != count or all(name == f"LABEL_{place}" for place, name in enumerate(found))
    return [str(place) for place in range(count)] if unnamed else found


def with_logits_alone(outputs: Any, labels: Any) -> Any:
    """The logits among a model's outputs: some give states beside them; answers have two kinds of logits."""
    if not isinstance(outputs, tuple) or not outputs or isinstance(labels, tuple):
        return outputs
    # A model of one's own may give several equal things; then nobody knows which is the answer.
    alike = len(outputs) > 1 and getattr(outputs[1], "shape", None) == getattr(outputs[0], "shape", ())
    return outputs if alike else outputs[0]


def _of_numbers(model: Any, outputs: Any, labels: Any, examples: Examples, drawn: Any) -> View | None:
    if outputs.numel() != labels.numel():
        return None
    kind = getattr(getattr(model, "config", None), "problem_type", None)
    several = labels.ndim == 2 and labels.shape[1] > 1
    if several and kind != "regression" and bool(((labels == 0) | (labels == 1)).all()):
        return MultiLabel(class_names(model, labels.shape[1]), examples)
    return Regression(drawn, examples)


def _of_tokens(model: Any, batch: Batch, look: Look, examples: Examples) -> View | None:
    # An adapter stands around the model whose name says what it foresees.
    name = type(model.get_base_model() if hasattr(model, "get_base_model") else model).__name__
    if name.endswith(_CAUSAL) or name.endswith(_IN_PLACE):
        return Language(name.endswith(_CAUSAL), look.piece, examples)
    if name.endswith("TokenClassification") and "input_ids" in batch.inputs and look.writes:
        return Tagging(class_names(model, batch.outputs.shape[2]), look.piece, examples)
    return None
