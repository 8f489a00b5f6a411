import subprocess
import sys
from typing import Annotated, Any, Literal

import pytest

from trainer_bridge.argument_fields import argument_fields
from trainer_bridge.arguments import problems
from trainer_bridge.recipes import Help, Recipe, TrainerParts, catalog, get, recipe

HEAVY = ("torch", "transformers", "datasets", "sklearn", "numpy", "tokenizers", "django")


def test_listing_recipes_imports_nothing_heavy() -> None:
    code = (
        "import sys; from trainer_bridge import arguments, recipes; recipes.catalog(); arguments.problems({});"
        f"print([m for m in {HEAVY!r} if m in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_the_examples_come_first() -> None:
    assert list(catalog())[:3] == ["digits-vit", "language-id", "stdlib-lm"]


@pytest.mark.parametrize("name", catalog())
def test_a_recipe_of_the_catalogue_can_be_shown_and_run_as_it_is(name: str) -> None:
    shown = get(name)
    assert shown.title
    assert shown.description
    assert all(parameter.help for parameter in shown.parameters)
    assert shown.problems(shown.defaults()) == {}
    assert problems({}, shown.arguments) == {}
    assert set(shown.arguments) <= set(argument_fields())
    assert shown.arguments["metric_for_best_model"] == shown.objective.removeprefix("eval/")
    assert shown.arguments["greater_is_better"] is shown.greater_is_better


def test_an_unknown_recipe_is_answered_with_those_that_exist() -> None:
    with pytest.raises(
        KeyError, match=r"There is no recipe 'digit'. There are: digits-vit, language-id, stdlib"
    ):
        get("digit")


def made(**more: Any) -> Recipe:
    """A recipe with one parameter of each kind."""

    @recipe(
        name="toy",
        title="Toy",
        task="toy",
        description="",
        objective="eval/loss",
        greater_is_better=False,
        **more,
    )
    def build(
        *,
        width: Annotated[int, Help("Width.", minimum=4, multiple_of=4)] = 8,
        rate: float = 0.5,
        kind: Annotated[Literal["a", "b"], Help("Kind.")] = "a",
        wide: bool = False,
        word: str = "x",
        seed: int,
    ) -> TrainerParts:
        raise NotImplementedError

    return build


def test_parameters_come_from_the_functions_signature() -> None:
    found = [(p.name, p.kind, p.default, p.help, p.choices) for p in made().parameters]
    assert found == [
        ("width", "int", 8, "Width.", ()),
        ("rate", "float", 0.5, "", ()),
        ("kind", "choice", "a", "Kind.", ("a", "b")),
        ("wide", "bool", False, "", ()),
        ("word", "text", "x", "", ()),
    ]


def test_problems_of_parameters() -> None:
    assert made().problems({"width": 5, "kind": "b", "wdth": 1}) == {
        "width": "Must be a multiple of 4. Did you mean 4?",
        "wdth": "The recipe toy has no parameter wdth. Did you mean width?",
    }


def test_the_recipes_own_arguments_win_over_what_follows_from_the_objective() -> None:
    assert made(arguments={"load_best_model_at_end": False}).arguments == {
        "load_best_model_at_end": False,
        "metric_for_best_model": "loss",
        "greater_is_better": False,
    }


def test_a_parameter_without_a_default_is_refused_when_the_recipe_is_made() -> None:
    with pytest.raises(TypeError, match=r"width needs a type and a default"):

        @recipe(name="t", title="T", task="t", description="", objective="eval/loss", greater_is_better=False)
        def build(*, width: int, seed: int) -> TrainerParts:
            raise NotImplementedError


def test_a_parameter_of_another_type_is_refused_when_the_recipe_is_made() -> None:
    with pytest.raises(TypeError, match=r"sizes: a parameter may be int, float, .* not <class 'bytes'>"):

        @recipe(name="t", title="T", task="t", description="", objective="eval/loss", greater_is_better=False)
        def build(*, sizes: bytes = b"", seed: int) -> TrainerParts:
            raise NotImplementedError
