"""The Evaluation tab: what it shows, what its address chooses, and that pictures are served as pictures."""

import hashlib
import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from dashboard.evaluation.matrix import MOST_CLASSES
from runs.evaluations.store import store
from runs.models import Errand, Project, Run
from tests.dashboard.runs_for_tests import add_checkpoint, make_run
from tests.runs.checkpoints.folders import write_checkpoint
from trainer_bridge.protocol import Evaluated

PNG = b"\x89PNG\r\n\x1a\n small"
DIGEST = hashlib.sha256(PNG).hexdigest()[:32]


@pytest.fixture
def page(client: Client, db: None) -> Client:
    client.force_login(User.objects.create_user("ada"))
    return client


@pytest.fixture
def run(db: None):
    return make_run(Project.objects.create(slug="digits", name="digits"), "vit", objective="eval/accuracy")


def sample(row: int, true: int, said: int, loss: float, *lists: str, **told) -> dict:
    known = {"row": row, "lists": list(lists), "true": true, "said": said, "score": 0.31, "loss": loss}
    return known | {"media": DIGEST, "media_kind": "image"} | told


def classified(step: int, right: int = 30, name: str = "eval", **view) -> Evaluated:
    wrong = 40 - right
    known = {
        "version": 1, "kind": "classification", "rows": 80, "mean_loss": 0.25, "classes": 2,
        "labels": {"0": "cat", "1": "<dog>"},
        "per_class": {"0": [40, right, right], "1": [40, 40 + wrong, 40]},
        "cells": [[1, 1, 40], [0, 0, right], *([[0, 1, wrong]] if wrong else [])], "cells_left_out": 0,
        "scores": {"edge": 12.0, "bins": 128, "all": [[90, 60, 5], [40, 20, 75]],
                   "classes": {"0": [[90, 30, 2], [40, 10, 38]], "1": [[90, 30, 3], [40, 10, 37]]}},
        "calibration": [[60, 0.9, 0.95], [20, 0.6, 0.5]], "flips": [1, 2],
        "samples": [sample(4, 0, 1, 3.5, "worst", "cell"), sample(7, 1, 1, 0.1, "best", "probe"),
                    sample(9, 0, 1, 4.5, "worst")],
    }  # fmt: skip
    return Evaluated(step, 1000.0, name, known | view, {DIGEST: PNG})


def keep(run, *events: Evaluated) -> None:
    for event in events:
        store(run.pk, 1, event)


def seen(answer) -> str:
    bare = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return re.sub(r"[\s\u2009]+", " ", bare)


def test_a_run_without_evaluations_says_what_will_be_here(page: Client, run):
    assert "appears here after the first one" in seen(page.get(f"/r/{run.pk}/evaluation"))


def test_the_latest_is_shown_beside_the_one_before(page: Client, run, django_assert_max_num_queries):
    keep(run, classified(100, 20), classified(200, 30), classified(200, name="test"))
    with django_assert_max_num_queries(30):
        text = seen(page.get(f"/r/{run.pk}/evaluation"))
    assert "step 200 · latest" in text
    assert "0.8750 accuracy" in text
    assert "most often: cat read as &lt;dog&gt;, 10 rows" in text
    # 2·30/70 − 2·20/60
    assert "▲ + 0.190" in text or "▲ +0.190" in text


def test_classes_stand_weakest_first_and_names_are_escaped(page: Client, run):
    keep(run, classified(100))
    answer = page.get(f"/r/{run.pk}/evaluation").content.decode()
    rows = re.findall(r'title="Its rows">([^<]+)<', answer)
    assert rows == ["cat", "&lt;dog&gt;"]
    assert "<dog>" not in answer


def test_a_cell_of_the_link_filters_the_rows(page: Client, run):
    keep(run, classified(100))
    answer = page.get(f"/r/{run.pk}/evaluation?cell=0,1").content.decode()
    assert re.findall(r'data-row="(\d+)"', answer) == ["9", "4"]
    assert "cat read as &lt;dog&gt;" in answer
    every = page.get(f"/r/{run.pk}/evaluation?cell=,1").content.decode()
    assert re.findall(r'data-row="(\d+)"', every) == ["9", "4", "7"]
    none = page.get(f"/r/{run.pk}/evaluation?cell=1,0")
    assert "None of the rows that were kept" in seen(none)


@pytest.mark.parametrize(
    "query", ["cell=x,y", "cell=9999999999,1", "at=nonsense", "rows=?", "curve=?", "vs=none"]
)
def test_an_address_that_means_nothing_still_shows_the_page(page: Client, run, query: str):
    keep(run, classified(100), classified(200))
    assert page.get(f"/r/{run.pk}/evaluation?{query}").status_code == 200


def test_an_evaluation_that_is_gone_is_named(page: Client, run):
    keep(run, classified(100))
    text = seen(page.get(f"/r/{run.pk}/evaluation?at=55&vs=56"))
    assert "There is no evaluation “55” any more" in text
    assert "There is no evaluation “56” to compare with" in text


def test_of_many_classes_the_most_confused_pairs(page: Client, run):
    count = MOST_CLASSES + 10
    labels = {str(c): f"class {c}" for c in range(count)}
    cells = [[c, c + 1, count - c] for c in range(count - 1)]
    keep(run, classified(100, labels=labels, classes=count, cells=cells))
    answer = page.get(f"/r/{run.pk}/evaluation")
    assert "The pairs of 40 classes that are mistaken most" in seen(answer)
    assert answer.content.decode().count('href="?cell=') >= 20
    assert "class 0" in seen(answer)


def test_two_runs_side_by_side(page: Client, run):
    other = make_run(run.project, "other vit")
    keep(run, classified(100))
    keep(other, classified(100, samples=[sample(4, 0, 0, 0.2, "probe")]))
    answer = page.get(f"/r/{run.pk}/evaluation?over={other.pk}")
    assert "other vit" in seen(answer)
    assert answer.content.decode().count("said-line other") == 1


def test_the_views_of_other_tasks(page: Client, run):
    points = [[row, row / 10, row / 9] for row in range(50)]
    regression = {"kind": "regression", "points": points, "mae": 0.2, "rmse": 0.3, "r2": "NaN"}
    keep(run, Evaluated(1, 1.0, "eval", {"version": 1, "rows": 50, **regression, "samples": []}))
    text = seen(page.get(f"/r/{run.pk}/evaluation"))
    assert "Residuals" in text
    assert "NaN r2" in text
    written = [{"prompt": "def f", "said": "(x):", "true": "(y):"}]
    language = {
        "kind": "language",
        "lengths": [[1, 5, 9.0, 1], [8, 20, 30.0, 9]],
        "written": written,
        "read": True,
    }
    keep(
        run, Evaluated(2, 1.0, "eval", {"version": 1, "rows": 5, "mean_loss": 1.5, **language, "samples": []})
    )
    text = seen(page.get(f"/r/{run.pk}/evaluation"))
    assert "Perplexity by length" in text
    assert "def f (x):" in text


def test_one_row_through_all_evaluations(page: Client, run):
    keep(run, classified(100), classified(200))
    answer = page.get(f"/r/{run.pk}/evaluation/row/7?at=200")
    assert "A fixed row" in seen(answer)
    assert re.findall(r'scope="row" class="number">(\d+)<', answer.content.decode()) == ["200", "100"]
    assert page.get(f"/r/{run.pk}/evaluation/row/5").status_code == 404


def test_a_picture_is_served_as_what_it_is_and_to_people_only(page: Client, run):
    keep(run, classified(100))
    address = f"/r/{run.pk}/evaluation/media/{DIGEST}"
    answer = page.get(address)
    assert answer.content == PNG
    assert answer["Content-Type"] == "image/png"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert page.get(f"/r/{run.pk}/evaluation/media/{'0' * 32}").status_code == 404
    assert Client().get(address).status_code == 302


def test_a_checkpoint_is_evaluated_again_from_the_page(page: Client, run, settings, tmp_path):
    settings.RUNS_DIR = tmp_path
    checkpoint = add_checkpoint(run, 20, 0.9)
    write_checkpoint(tmp_path / run.pk / "checkpoints" / "checkpoint-20", 20)
    keep(run, classified(100))
    assert "Evaluate checkpoint" in seen(page.get(f"/r/{run.pk}/evaluation"))
    form = {"checkpoint": checkpoint.pk, "data": "own", "part": "test"}
    answer = page.post(f"/r/{run.pk}/evaluation/again", form)
    made = Run.objects.get(kind="evaluation")
    assert answer["Location"] == f"/r/{made.pk}/evaluation"
    assert "vit @ 20 on test" in seen(page.get(f"/r/{run.pk}/evaluation"))
    assert "Rerun" not in seen(page.get(f"/r/{made.pk}/evaluation"))


def test_what_was_typed_stays_when_it_is_refused(page: Client, run, settings, tmp_path):
    settings.RUNS_DIR = tmp_path
    Run.objects.filter(pk=run.pk).update(spec={"recipe": "text-classification"})
    checkpoint = add_checkpoint(run, 20, 0.9)
    write_checkpoint(tmp_path / run.pk / "checkpoints" / "checkpoint-20", 20)
    form = {"checkpoint": checkpoint.pk, "data": "other", "source": "no/such.csv"}
    answer = page.post(f"/r/{run.pk}/evaluation/again", form)
    assert answer.status_code == 422
    assert 'value="no/such.csv"' in answer.content.decode()
    assert "no/such.csv" in re.search(r'class="note error".*?</div>', answer.content.decode())[0]


def test_a_damaged_checkpoint_is_not_measured(page: Client, run):
    checkpoint = add_checkpoint(run, 20, 0.9)
    answer = page.post(f"/r/{run.pk}/evaluation/again", {"checkpoint": checkpoint.pk, "data": "own"})
    assert answer.status_code == 409
    assert 'class="note error"' in answer.content.decode()


def test_a_checkpoint_is_tried_on_what_it_takes(page: Client, run, settings, tmp_path):
    settings.RUNS_DIR = tmp_path
    checkpoint = add_checkpoint(run, 20, 0.9)
    write_checkpoint(tmp_path / run.pk / "checkpoints" / "checkpoint-20", 20)
    shown = page.get(f"/r/{run.pk}/evaluation")
    assert "Drop a picture here" in seen(shown)
    address = f"/r/{run.pk}/evaluation/try"
    answer = page.post(address, {"checkpoint": checkpoint.pk, "image": "aGVsbG8=", "text": "not asked for"})
    assert answer.status_code == 201
    errand = Errand.objects.get(pk=answer.json()["errand"])
    assert errand.payload == {"run": run.pk, "path": checkpoint.path, "given": {"image": "aGVsbG8="}}
    for wrong, says in (
        ({"image": ""}, "nothing to predict"),
        ({"image": "a" * 300_000}, "the most is 240,000"),
    ):
        refused = page.post(address, {"checkpoint": checkpoint.pk, **wrong})
        assert refused.status_code == 422
        assert says in refused.json()["error"]
    (tmp_path / run.pk / "checkpoints" / "checkpoint-20" / "model.safetensors").write_bytes(b"cut")
    assert "damaged" in page.post(address, {"checkpoint": checkpoint.pk, "image": "aGVsbG8="}).json()["error"]
