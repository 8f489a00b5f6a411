"""The data section of the New run page: uploads listed, a preview begun and drawn."""

from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client

from dashboard.forms.preview import report
from dashboard.templatetags.data import outline
from runs import dispatch
from runs.models import Errand, Project, Upload

#: As docs/data.md describes it.
RESULT = {
    "columns": [
        {"name": "review", "type": "text", "role": "text", "guessed": True},
        {"name": "stars", "type": "class", "role": "label", "guessed": False},
        {"name": "id", "type": "int", "role": "", "guessed": False},
    ],
    "roles": [
        {"role": "text", "optional": False, "column": "review", "fits": ["review"]},
        {"role": "text_pair", "optional": True, "column": "", "fits": ["review"]},
    ],
    "rows": {
        "names": ["review", "stars", "id"],
        "hidden": 0,
        "cells": [
            [
                {"kind": "text", "text": "<b>fine</b>", "cut": False},
                {"kind": "label", "text": "good"},
                {"kind": "missing"},
            ]
        ],
    },
    "splits": [{"name": "train", "rows": 1200}],
    "parts": [{"name": "train", "rows": 1080}, {"name": "evaluation", "rows": 120}],
    "labels": {
        "train": {"distinct": 3, "counts": [{"name": "good", "count": 800}, {"name": "bad", "count": 200}]},
        "evaluation": {"distinct": 2, "counts": [{"name": "bad", "count": 9}, {"name": "good", "count": 3}]},
    },
    "bad": {"count": 2, "of": 1200, "rows": [{"split": "train", "row": 7, "reason": "text is missing"}]},
    "lengths": {
        "bars": [{"from": 3, "to": 5, "count": 10}, {"from": 6, "to": 8, "count": 40}],
        "of": 50,
        "longest": 8,
        "mean": 6.2,
        "most": 8,
        "full": 4,
    },
    "batch": {
        "tensors": [{"name": "input_ids", "shape": [2, 8], "dtype": "int64"}],
        "samples": [
            {
                "tokens": [{"text": "[MASK]", "label": "fine"}, {"text": "x", "ignored": True}],
                "more": 0,
                "padding": 6,
                "counted": 1,
            }
        ],
    },
    "problems": [{"key": "data.skip_bad_rows", "sentence": "2 rows cannot be used.", "details": ""}],
}


@pytest.fixture(autouse=True)
def _quiet(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "send_messages", lambda count: None)


def drawn(client: Client, owner: User, **fields: object) -> str:
    values = {"kind": "preview", "user": owner, "state": "done", "result": RESULT} | fields
    return client.get(f"/p/digits/new/data/{Errand.objects.create(**values).pk}").content.decode()


def test_the_section_offers_upload_examples_and_a_preview(owner_client: Client) -> None:
    page = owner_client.get("/p/digits/new?recipe=text-classification").content.decode()
    assert page.index('id="data-tools"') < page.index('id="f-data-source"') < page.index('id="data-preview"')
    assert 'data-use-source="example:character-names"' in page


def test_a_recipe_with_data_of_its_own_is_previewed_too(owner_client: Client) -> None:
    page = owner_client.get("/p/digits/new?recipe=digits-vit").content.decode()
    assert 'id="data-preview"' in page
    assert 'id="data-tools"' not in page


def test_the_form_names_the_line_of_a_broken_file(
    owner_client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRAINBOARD_DATA_FOLDERS", str(tmp_path))
    (tmp_path / "a.csv").write_text("text,label\nx,y,z\n")

    def errors(**fields: str) -> dict[str, str]:
        form = {"recipe": "text-classification"} | {f"data.{name}": text for name, text in fields.items()}
        return owner_client.post("/p/digits/new/check", form).json()["errors"]

    assert "line 2 has 3 cells" in errors(source=f"{tmp_path}/a.csv")["f-data-source"]
    assert "outside the folders" in errors(source="/etc/passwd")["f-data-source"]
    assert "set max_steps" in errors(streaming="true")["f-data-streaming"]
    assert "not JSON at line 1" in errors(columns="{text}")["f-data-columns"]
    assert errors() == {}


def test_a_preview_is_asked_with_the_form_as_it_is(owner_client: Client) -> None:
    form = {"recipe": "digits-vit", "params.hidden_size": "8", "args.learning_rate": "nonsense"}
    answer = owner_client.post("/p/digits/new/data", form)
    errand = Errand.objects.get(pk=answer.json()["errand"])
    assert (answer.status_code, errand.kind, errand.recipe) == (201, "preview", "digits-vit")
    assert errand.payload == {"spec": {"recipe": "digits-vit", "params": {"hidden_size": 8}, "args": {}}}


def test_what_was_found_is_drawn_and_escaped(owner_client: Client, owner: User) -> None:
    page = drawn(owner_client, owner)
    assert "&lt;b&gt;fine&lt;/b&gt;" in page
    assert "<b>fine</b>" not in page
    assert 'Mend them, or turn <a href="#f-data-skip_bad_rows">skip_bad_rows</a> on' in page
    assert "2 rows cannot be used." not in page  # said once, with the list
    for text in (
        "1\u2009080",
        "text · guessed",
        "int · not used",
        "row 7: text is missing",
        "1 more label",
        "input_ids 2 × 8",
    ):
        assert text in page, text
    assert (
        '<select id="role-text" data-role="text"><option value="">choose…</option><option selected>review</option>'
        in page
    )
    assert (
        '<select id="role-text_pair" data-role="text_pair"><option value="">none</option><option>review</option>'
        in page
    )
    assert "<ruby>[MASK]<rt>fine</rt></ruby>" in page
    assert '<span class="ignored">x</span>' in page


def test_an_errand_that_failed_says_why(owner_client: Client, owner: User) -> None:
    page = drawn(
        owner_client, owner, state="failed", result=None, reason="OSError: gone", details="Traceback …"
    )
    assert "OSError: gone" in page
    assert "Traceback …" in page


def test_previews_of_others_are_not_shown(owner_client: Client) -> None:
    other = User.objects.create_user("other")
    errand = Errand.objects.create(kind="preview", user=other, state="done", result=RESULT)
    assert owner_client.get(f"/p/digits/new/data/{errand.pk}").status_code == 404


def test_labels_counted_before_the_evaluation_is_held_back_say_so() -> None:
    counted = {"train": RESULT["labels"]["train"]}
    parts = [{"name": "train", "rows": 9}, {"name": "evaluation", "rows": 1}]
    assert [one.part for one in report({"labels": counted, "parts": parts}).labels] == [
        "train and evaluation"
    ]
    assert [one.part for one in report({"labels": counted, "parts": parts[:1]}).labels] == ["train"]


def test_labels_of_all_parts_stand_in_one_order() -> None:
    found = report(RESULT).labels
    assert [[bar.name for bar in labels.bars] for labels in found] == [["good", "bad"], ["good", "bad"]]
    assert [bar.share for bar in found[0].bars] == [100, 25]
    assert [labels.more for labels in found] == [1, 0]


def test_a_histogram_reaches_from_the_bottom_to_its_highest_bar() -> None:
    bars = report(RESULT).lengths
    assert [(bar.y, bar.height) for bar in bars] == [(36, 12), (0, 48)]
    assert [bar.name for bar in bars] == ["3 to 5", "6 to 8"]


def test_a_result_may_hold_problems_alone(owner_client: Client, owner: User) -> None:
    page = drawn(owner_client, owner, result={"problems": RESULT["problems"]})
    assert '<a href="#f-data-skip_bad_rows" data-found="f-data-skip_bad_rows">skip_bad_rows</a>' in page
    assert "<span data-sentence>2 rows cannot be used.</span>" in page
    assert "<table" not in page


def test_an_outline_is_drawn_around_the_middle() -> None:
    assert outline([1.0, 0.0]) == "M1 0.0V32.0M3 15.5V16.5"


@pytest.mark.parametrize("count", [1, 3])
def test_uploads_are_listed_in_one_query(
    owner_client: Client, django_assert_max_num_queries, count: int
) -> None:
    for number in range(count):
        Upload.objects.create(name=f"{number}.csv", size=2048, sha256="ab" * 32, problem="line 3 has 4 cells")
    Upload.objects.create(name="half.csv", size=2048)
    with django_assert_max_num_queries(3):  # session, user, uploads
        page = owner_client.get("/uploads").content.decode()
    assert page.count("data-delete-upload") == count
    assert "half.csv" not in page
    assert "line 3 has 4 cells" in page
