"""The recipes of the New run form stand in groups, each once, and the chosen one is described."""

from dataclasses import replace

import pytest

from dashboard.forms.recipe_groups import grouped
from trainer_bridge.own.files import OwnFile
from trainer_bridge.recipes import catalog


def test_every_recipe_is_in_the_group_of_its_kind() -> None:
    own = replace(catalog()["image-classification"], name="mine", own=OwnFile("recipe", "mine.py", "0" * 64))
    groups = {
        group.title: [recipe.name for recipe in group.recipes]
        for group in grouped([*catalog().values(), own])
    }
    assert groups == {
        "Ready examples": ["digits-vit", "language-id", "stdlib-lm"],
        "Text": [
            "text-classification",
            "text-regression",
            "token-classification",
            "question-answering",
            "multiple-choice",
            "seq2seq",
            "causal-lm",
            "masked-lm",
        ],
        "Images and sound": ["image-classification", "audio-classification"],
        "Plain modules": ["linear-regression", "word2vec"],
        "Your own": ["mine"],
    }


def test_a_group_without_recipes_is_left_out() -> None:
    assert [group.title for group in grouped([catalog()["seq2seq"]])] == ["Text"]


@pytest.mark.django_db
def test_the_form_shows_each_recipe_once_and_describes_the_chosen_one(owner_client, project) -> None:
    page = owner_client.get(f"/p/{project.slug}/new?recipe=seq2seq").content.decode()
    for name in catalog():
        assert page.count(f'name="switch_recipe" value="{name}"') == 1
    assert page.count('aria-pressed="true"') == 1
    assert "<code>eval/exact_match</code>" in page
