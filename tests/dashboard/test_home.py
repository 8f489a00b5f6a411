"""The start: first-run page, its checks, one press to a run."""

import gzip
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest

from dashboard.previews import preview_of
from dashboard.views.home import disk_check, library_checks, worker_check
from runs.launch import launch_run
from runs.models import Run, Worker
from runs.workers import record_heartbeat
from trainer_bridge import recipes

EXAMPLES = ("digits-vit", "language-id", "stdlib-lm")


def test_without_runs_the_start_is_the_first_run_page(owner_client):
    assert owner_client.get("/")["Location"] == "/welcome"


def test_with_runs_the_start_is_the_project_of_the_newest(owner_client, project):
    launch_run(project, {"recipe": "digits-vit"})
    assert owner_client.get("/")["Location"] == "/p/digits/runs"


def test_the_first_run_page_offers_the_three_examples(owner_client, django_assert_max_num_queries):
    with django_assert_max_num_queries(14):
        page = owner_client.get("/welcome").content.decode()
    for name in EXAMPLES:
        assert f'action="/welcome/run/{name}"' in page
        assert f"/p/examples/new?recipe={name}" in page


@pytest.mark.parametrize("name", EXAMPLES)
def test_one_press_runs_an_example(owner_client, name):
    answer = owner_client.post(f"/welcome/run/{name}")
    run = Run.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, f"/r/{run.pk}/charts")
    assert (run.spec["recipe"], run.tags, run.state) == (name, ["example"], "queued")


def test_looking_at_an_example_runs_nothing(owner_client):
    assert owner_client.get("/welcome/run/digits-vit").status_code == 405
    assert not Run.objects.exists()


def test_an_unknown_example_is_not_run(owner_client):
    assert owner_client.post("/welcome/run/nope").status_code == 404
    assert not Run.objects.exists()


def test_the_previews_are_real_data():
    digits = preview_of("digits-vit").content
    assert [digit for digit, _ in digits] == [5, 3, 4, 1, 0, 8]
    languages = {name: text for text, name in preview_of("language-id").content}
    assert languages["French"] == "Saisissez un nombre entier."
    assert preview_of("stdlib-lm").content.startswith("def heappush(heap, item):")
    assert preview_of("somebody-elses") is None


def test_the_digits_of_the_preview_are_scikit_learns():
    # Its file is read as it lies there: importing scikit-learn would take seconds.
    folder = Path(find_spec("sklearn").origin).parent
    with gzip.open(folder / "datasets" / "data" / "digits.csv.gz", "rt") as file:
        known = {tuple(map(float, line.split(","))) for line in file}
    for digit, pixels in preview_of("digits-vit").content:
        image = [0.0] * 64
        for pixel in pixels:
            image[pixel.y * 8 + pixel.x] = float(round(pixel.shade * 16))
        assert (*image, float(digit)) in known


def test_every_example_is_a_recipe_like_any_other():
    assert set(EXAMPLES) <= set(recipes.catalog())


def test_the_checks_follow_the_workers(db):
    def found():
        return list(Worker.objects.exclude(state=Worker.State.GONE))

    assert worker_check(found()).title == "No worker"
    record_heartbeat("here", "warming up", 2, 0, {})
    assert worker_check(found()).title == "Worker warming up"
    assert library_checks(found()) == []
    versions = {"torch": "2.13.0", "transformers": "5.24.0", "datasets": "5.2.0", "cores": 2}
    record_heartbeat("here", "ready", 2, 0, versions)
    assert worker_check(found()).text == "here, 2 device slots"
    assert library_checks(found())[0].text == "torch 2.13.0 · transformers 5.24.0 · datasets 5.2.0"


def test_the_checks_can_be_had_alone(owner_client, django_assert_max_num_queries):
    with django_assert_max_num_queries(3):
        assert "No worker" in owner_client.get("/welcome/checks").content.decode()
    record_heartbeat("here", "ready", 1, 0, {})
    part = owner_client.get("/welcome/checks").content.decode()
    assert "Worker connected" in part
    assert "<html" not in part


def test_a_worker_that_cannot_train_says_why(db):
    record_heartbeat("here", "warming up", 2, 0, {"torch": None, "problem": "No module named torch"})
    workers = list(Worker.objects.all())
    assert worker_check(workers).text == "No module named torch"
    assert library_checks(workers)[0].text.startswith("torch, transformers, datasets not found")


@pytest.mark.parametrize(("free", "state"), [(10 * 1024**3, "good"), (1024**2, "wrong")])
def test_little_disk_is_said(monkeypatch, free, state):
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: type("Usage", (), {"free": free}))
    assert disk_check(Path("/")).state == state


def test_a_folder_that_cannot_be_read_is_said(tmp_path):
    assert disk_check(tmp_path / "missing").text == "cannot be read: No such file or directory"
