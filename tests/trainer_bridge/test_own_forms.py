"""The forms in which a person may write a recipe: with few words, as a class, returning a dictionary."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import pytest

from trainer_bridge.recipes import Help, TrainerParts, recipe
from trainer_bridge.spec_fields import problems

PARTS = {"model": "m", "train_dataset": [1]}


@recipe()
def fit_a_line(*, points: int = 8, noise: float | None = None) -> dict[str, Any]:
    """Fits a line.

    With least squares.
    """
    return {**PARTS, "eval_dataset": [points]}


@recipe(objective="eval/mse")
@dataclass
class FitALine:
    """Fits a line as well."""

    points: Annotated[int, Help("How many.", minimum=2)] = 8
    kind: Literal["a", "b"] = "a"

    def build(self, seed: int) -> TrainerParts:
        return TrainerParts("m", [self.points, seed], [self.kind])


@recipe(name="plain")
class Plain:
    def __init__(self, points: int = 8) -> None:
        self.points = points

    def build(self, *, model: Any) -> dict[str, Any]:
        return {**PARTS, "model": model}


def test_name_title_and_words_follow_from_the_function() -> None:
    assert (fit_a_line.name, fit_a_line.title) == ("fit-a-line", "Fit a line")
    assert fit_a_line.description == "Fits a line."
    assert [(p.name, p.kind, p.optional) for p in fit_a_line.parameters] == [
        ("points", "int", False),
        ("noise", "float", True),
    ]


def test_without_an_objective_the_loss_decides_and_the_form_has_nothing_to_complain_about() -> None:
    assert (fit_a_line.objective, fit_a_line.greater_is_better) == ("eval/loss", False)
    assert problems(fit_a_line, {}) == {}


def test_a_dictionary_becomes_parts_and_no_seed_is_forced_on_anybody() -> None:
    parts = fit_a_line.build(points=3, seed=42)
    assert (parts.model, parts.train_dataset, parts.eval_dataset) == ("m", [1], [3])


def test_a_dataclass_is_made_with_its_parameters_and_builds() -> None:
    assert (FitALine.name, FitALine.description) == ("fit-a-line", "Fits a line as well.")
    assert [(p.name, p.minimum, p.choices) for p in FitALine.parameters] == [
        ("points", 2, ()),
        ("kind", None, ("a", "b")),
    ]
    parts = FitALine.build(points=4, kind="b", seed=7)
    assert (parts.train_dataset, parts.eval_dataset) == ([4, 7], ["b"])


def test_another_class_may_take_a_group_of_the_spec() -> None:
    assert [p.name for p in Plain.parameters] == ["points"]
    assert Plain.takes == {"model"}
    assert Plain.build(points=1, model="chosen", seed=1).model == "chosen"


@pytest.mark.parametrize(
    ("returned", "part"),
    [
        ([1, 2], "returns TrainerParts or a dictionary of the Trainer's arguments, not list"),
        ({**PARTS, "args": 1}, "training arguments are the run's own"),
        ({**PARTS, "train_datasett": 1}, "Did you mean train_dataset?"),
        ({"model": 1}, "lacks train_dataset"),
    ],
)
def test_what_makes_no_trainer_is_named(returned: Any, part: str) -> None:
    @recipe()
    def broken() -> Any:
        return returned

    with pytest.raises(TypeError, match=part.replace("?", r"\?")):
        broken.build(seed=1)


def test_a_class_without_build_is_refused() -> None:
    with pytest.raises(TypeError, match=r"Nothing needs a method build\(\)"):

        @recipe()
        class Nothing:
            pass


def test_a_literal_of_numbers_is_refused_since_a_form_gives_texts() -> None:
    with pytest.raises(TypeError, match="a Literal of texts"):

        @recipe()
        def build(*, layers: Literal[1, 2] = 1) -> Any:
            raise NotImplementedError
