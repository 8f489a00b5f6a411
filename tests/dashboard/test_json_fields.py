"""A field that holds an object: its editor, what is read from it, what is told about a mistake."""

import pytest
from django.http import QueryDict

from dashboard.forms.draft import from_post, from_query, to_query
from dashboard.forms.reading import read
from trainer_bridge import recipes
from trainer_bridge.recipes import Help, TrainerParts, recipe

DEFAULT = {"layers": 2, "names": ["first hidden layer", "second hidden layer", "third"]}


@pytest.fixture(autouse=True)
def shaped(monkeypatch):
    from typing import Annotated, Any

    @recipe(
        name="shaped", title="", task="", description="", objective="eval/loss", greater_is_better=False,
        arguments={"load_best_model_at_end": False},
    )  # fmt: skip
    def build(*, config: Annotated[dict[str, Any], Help("Its shape.")] = DEFAULT, seed: int) -> TrainerParts:
        raise NotImplementedError

    monkeypatch.setattr(recipes, "catalog", lambda: {"shaped": build})


def posted(config):
    data = QueryDict(mutable=True)
    data.update({"recipe": "shaped", "params.config": config})
    return from_post(data)


def test_the_editor_shows_the_default_and_reads_it_back(owner_client, project):
    page = owner_client.get("/p/digits/new").content.decode()
    editor = page.partition('<textarea class="single mono" id="f-params-config"')[2].partition("</textarea>")[
        0
    ]
    assert editor.partition(">\n")[2].startswith("{\n  &quot;layers&quot;: 2,\n")
    assert 'name="sweep.params.config"' not in page
    assert read(posted(from_query(QueryDict("")).texts["params.config"])).spec["params"] == {}


def test_what_is_typed_on_several_lines_makes_the_spec():
    draft = posted('{\r\n  "layers": 3\r\n}')
    assert read(draft).spec["params"] == {"config": {"layers": 3}}
    assert read(from_query(QueryDict(to_query(draft).urlencode()))).spec["params"] == {
        "config": {"layers": 3}
    }


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ('{\n "layers" 3}', "line 2, column 11"),
        ("[]", "Must be a JSON object"),
        ("{" + " " * 50_000 + "}", "longer than 50,000 characters"),
    ],
)
def test_a_mistake_is_told_at_the_field(text, part):
    problems = read(posted(text)).problems
    assert list(problems) == ["params.config"]
    assert part in problems["params.config"]


def test_a_refused_form_keeps_what_was_typed(owner_client, project):
    answer = owner_client.post("/p/digits/new", {"recipe": "shaped", "params.config": "{<b>\n1"})
    assert answer.status_code == 422
    assert "{&lt;b&gt;\n1</textarea>" in answer.content.decode()
